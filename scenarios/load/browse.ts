import { check, sleep } from 'k6';
import http from 'k6/http';
import { baseUrl, gentle } from './profile.ts';

/** Nobody chose these limits for this application: they catch what is broken, not what is slow. */
export const options = gentle({ 'http_req_duration{name:entry}': ['p(95)<2000'] });

export default function browse(): void {
  const answer = http.get(`${baseUrl}/`, { tags: { name: 'entry' } });
  check(answer, { 'the entry answers': ({ status }) => status > 0 && status < 400 });
  sleep(0.5);
}
