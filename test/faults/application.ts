/** What a test wants of the application under test: how long it stays in the phase that the fault is for. */
export interface Shape {
  /** Until it says that it is ready. */
  startMs?: number;
  /** How long its load suite takes. */
  loadSeconds?: number;
  /** Its image is one that somebody has yet to push under the head's SHA: the run stays in phase `image`. */
  waitsForImage?: boolean;
  /** With a suite in a real browser, which is slow. */
  browser?: boolean;
}

export const awaitedImage = 'fault/app';
const presentImage = 'base/node:24';

const program = `
const readyAt = Date.now() + Number(process.env.START_MS);
require('node:http').createServer((request, response) => {
  response.statusCode = request.url === '/healthz' && Date.now() < readyAt ? 503 : 200;
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><link rel="icon" href="data:,"><title>Tiny</title><h1>Hello</h1>');
}).listen(8080);`;

const load = (seconds: number) => `import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 1, duration: '${seconds}s' };
export default function () { http.get(\`\${__ENV.BASE_URL}/\`); sleep(0.2); }
`;

const browser = `import { expect, test } from '@playwright/test';
test('greets for a while', async ({ page }) => {
  await page.goto('/');
  await expect(page.locator('h1')).toHaveText('Hello');
  await page.waitForTimeout(8000);
  await expect(page.locator('h1')).toHaveText('Hello');
});
`;

/** A repository with the smallest application that has all that a run needs: an image, a service, a suite of each quick kind. */
export function applicationFiles({ startMs = 0, loadSeconds = 1, waitsForImage = false, browser: withBrowser }: Shape) {
  const suites = [
    { name: 'smoke', kind: 'smoke', path: 'smoke.yaml' },
    { name: 'load', kind: 'load', path: 'load.ts', timeout: '2m' },
    ...(withBrowser ? [{ name: 'browser', kind: 'e2e', path: 'e2e', timeout: '2m' }] : []),
  ];
  const service = {
    name: 'web',
    image: waitsForImage ? awaitedImage : presentImage,
    port: 8080,
    command: ['/usr/bin/node', '-e', program],
    readiness: { path: '/healthz' },
    env: { START_MS: String(startMs) },
    resources: { cpu: '50m', memory: '64Mi' },
  };
  const config = {
    version: 1,
    application: {
      entry: { service: 'web', port: 8080 },
      services: [service],
      images: waitsForImage ? [{ name: awaitedImage, from: 'wait', tag: '${sha}' }] : [],
    },
    suites,
    limits: { cpu: '2', memory: '2Gi', timeout: '5m', ttl: '1h' },
  };
  return {
    // JSON is YAML.
    'greenroom.yaml': JSON.stringify(config, null, 2),
    'smoke.yaml': JSON.stringify([{ name: 'home', path: '/', expect: { contains: 'Hello' } }]),
    'load.ts': load(loadSeconds),
    ...(withBrowser ? { 'e2e/greets.spec.ts': browser } : {}),
  };
}
