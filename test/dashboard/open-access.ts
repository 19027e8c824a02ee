import { accessOf } from '../../src/dashboard/access/access.ts';

const nobody = async () => false;

/** As on a machine that nobody else reaches. */
export const openAccess = accessOf({
  isOpen: true,
  token: null,
  forges: [],
  readers: { isPublic: nobody, mayRead: nobody },
  publicUrl: 'http://127.0.0.1:8787',
});
