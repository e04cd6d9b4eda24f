import { signal } from '@preact/signals'
import { render } from 'preact'
import { useState } from 'preact/hooks'
import { locked, useToken } from './api.ts'
import { hrefOf, place } from './place.ts'
import { List } from './views/list.tsx'
import { MigrationView } from './views/migration.tsx'
import { Wizard } from './views/wizard.tsx'
import './style.css'

const themeKey = 'shardferry-theme'
const theme = signal(localStorage.getItem(themeKey) ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'))

function App() {
  const here = place.value
  document.documentElement.dataset['theme'] = theme.value
  document.title = here.page === 'migration' ? `${here.name} · Shardferry` : 'Shardferry'
  return (
    <>
      <a class="skip" href="#content">
        To the content
      </a>
      <header class="top">
        <a href={hrefOf({ page: 'list' })} class="brand">
          Shardferry
        </a>
        {here.page !== 'list' && (
          <nav aria-label="Where you are">
            <a href={hrefOf({ page: 'list' })}>Migrations</a>
          </nav>
        )}
        <button
          type="button"
          class="plain"
          aria-label={theme.value === 'dark' ? 'Light colours' : 'Dark colours'}
          onClick={() => {
            theme.value = theme.value === 'dark' ? 'light' : 'dark'
            localStorage.setItem(themeKey, theme.value)
          }}
        >
          {theme.value === 'dark' ? '☀' : '☾'}
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        {locked.value ? <Token /> : <Page />}
      </main>
    </>
  )
}

function Page() {
  const here = place.value
  switch (here.page) {
    case 'list':
      return <List />
    case 'new':
      return <Wizard />
    case 'migration':
      return <MigrationView key={here.name} name={here.name} tab={here.tab} />
  }
}

/** Somebody has to say who they are. */
function Token() {
  const [typed, setTyped] = useState('')
  return (
    <form
      class="token"
      onSubmit={event => {
        event.preventDefault()
        useToken(typed)
      }}
    >
      <h1>Who are you?</h1>
      <p>This server asks for a token. Whoever runs it has given you one. It is kept for this tab only.</p>
      <label class="stacked">
        Token
        <input type="password" value={typed} autocomplete="off" onInput={event => setTyped(event.currentTarget.value)} />
      </label>
      <button type="submit" class="primary" disabled={typed === ''}>
        Go on
      </button>
    </form>
  )
}

render(<App />, document.querySelector('#app')!)
