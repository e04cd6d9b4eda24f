import type { Phase } from '../../model/progress.ts'

/** What a migration, or a comparison, is doing, as people read it: in the terminal and in the console. */
export const phaseTexts: Readonly<Record<Phase, string>> = {
  planning: 'planning',
  creating: 'creating indices',
  tuning: 'tuning the target',
  copying: 'copying',
  'catching-up': 'catching up',
  'carrying-deletes': 'carrying deletes over',
  following: 'following',
  'cutting-over': 'cutting over',
  'following-back': 'cut over, following back',
  'rolling-back': 'rolling back',
  restoring: 'restoring settings',
  'switching-aliases': 'switching aliases',
  counting: 'counting',
  comparing: 'comparing',
  naming: 'naming differences',
  'looking-again': 'looking again',
  repairing: 'repairing',
  done: 'done',
}
