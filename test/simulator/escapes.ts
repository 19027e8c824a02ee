/** What nobody catches ends the whole process in production: the invariant that holds the process itself. */
export const escapes = 'nothing-escapes';
