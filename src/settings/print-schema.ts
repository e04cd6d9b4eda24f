import { settingsJsonSchema } from './schema.ts'

/** Prints the JSON Schema of the settings file: node src/settings/print-schema.ts > schema/shardferry.schema.json */
process.stdout.write(`${JSON.stringify(settingsJsonSchema(), null, 2)}\n`)
