/** The buttons at our checks, by the name under which the forge tells that one was pressed. */
export const checkActions = ['approve', 'rerun-failed', 'keep', 'tear-down'] as const;
export type CheckActionName = (typeof checkActions)[number];

/** For how long the button keeps an environment. */
export const buttonKeep = '4h';
