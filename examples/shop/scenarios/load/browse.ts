import { check, sleep } from 'k6';
import http from 'k6/http';
import type { Options } from 'k6/options';

const base = __ENV.BASE_URL ?? 'http://localhost:8080';
const users = Number(__ENV.USERS ?? '10');
const words = ['lamp', 'walnut', 'tea', 'oak book', 'cushion', 'copper', 'note'];

export const options: Options = {
  scenarios: {
    browse: {
      executor: 'ramping-vus',
      stages: [
        { duration: '3s', target: users },
        { duration: '10s', target: users },
        { duration: '2s', target: 0 },
      ],
      gracefulRampDown: '2s',
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.01'],
    // Generous: on a small machine the browser suite takes its share at the same time.
    'http_req_duration{name:search}': ['p(95)<1500'],
    'http_req_duration{name:product}': ['p(95)<1500'],
  },
};

/** A visitor who looks around: the first page, a search, one of the products found. */
export default function browse(): void {
  check(http.get(`${base}/`, { tags: { name: 'home' } }), { 'home is shown': (answer) => answer.status === 200 });
  sleep(0.3);
  const word = words[(__VU + __ITER) % words.length] ?? 'lamp';
  const found = http.get(`${base}/search?q=${encodeURIComponent(word)}`, { tags: { name: 'search' } });
  check(found, { 'search finds something': (answer) => String(answer.body).includes('href="/products/') });
  sleep(0.3);
  const slug = /href="\/products\/([a-z0-9-]+)"/.exec(String(found.body))?.[1] ?? 'walnut-desk-lamp';
  const product = http.get(`${base}/products/${slug}`, { tags: { name: 'product' } });
  check(product, { 'the product is shown': (answer) => String(answer.body).includes('Add to basket') });
  sleep(0.3);
}
