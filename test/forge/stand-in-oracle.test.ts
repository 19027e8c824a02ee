import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderMarkdown } from '../../src/forge/github-stand-in/markdown.ts';
import { type StandInFixture, startFixture } from './stand-in-fixture.ts';

let fixture: StandInFixture;
let token: string;
beforeAll(async () => {
  fixture = await startFixture();
  await fixture.github.createRepository('shop', {});
  token = fixture.github.tokenOf('ada');
});
afterAll(() => fixture.stop());

/** What one request adds to the violations. */
async function complaintsOf(path: string, init: RequestInit = {}): Promise<{ status: number; complaints: string[] }> {
  const before = fixture.github.violations.length;
  const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${fixture.github.apiUrl}${path}`, { ...init, headers });
  await response.text();
  return { status: response.status, complaints: fixture.github.violations.slice(before) };
}

describe('what GitHub never declared fails the test', () => {
  const listPulls = 'GET /repos/{owner}/{repo}/pulls';

  test('an undeclared status', async () => {
    fixture.github.failNext(listPulls, { kind: 'answer', answer: { status: 418, body: { message: 'teapot' } } });

    const { status, complaints } = await complaintsOf('/repos/acme/shop/pulls');

    expect(status).toBe(500);
    expect(complaints).toEqual([`${listPulls} answer 418: GitHub declares no such status`]);
    expect(() => fixture.github.assertClean()).toThrow('418');
  });

  test('an answer of the wrong shape', async () => {
    fixture.github.failNext(listPulls, { kind: 'answer', answer: { status: 200, body: [{ number: 'seven' }] } });

    const { complaints } = await complaintsOf('/repos/acme/shop/pulls');

    expect(complaints.join('\n')).toContain(`${listPulls} answer 200: /0 must have required property '_links'`);
  });

  test('a request of the wrong shape', async () => {
    const { status, complaints } = await complaintsOf('/repos/acme/shop/issues/1/comments', {
      method: 'POST',
      body: '{"text":"hello"}',
    });

    expect(status).toBe(500);
    expect(complaints.join('\n')).toContain("must have required property 'body'");
  });

  test.each([
    ['/repos/acme/shop/pulls?state=opne', 'allowed values'],
    ['/repos/acme/shop/pulls?sate=open', 'no query parameter "sate"'],
    ['/repos/acme/shop/pulls/seven', 'must be integer'],
    ['/repos/acme/shop/made-up', 'knows no such operation'],
  ])('the request %s', async (path, complaint) => {
    const { complaints } = await complaintsOf(path);

    expect(complaints.join('\n')).toContain(complaint);
  });

  test('more than fifty annotations in one request', async () => {
    const annotation = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' };
    const body = {
      name: 'x',
      head_sha: 'main',
      output: { title: 't', summary: 's', annotations: Array(51).fill(annotation) },
    };

    const { complaints } = await complaintsOf('/repos/acme/shop/check-runs', {
      method: 'POST',
      body: JSON.stringify(body),
    });

    expect(complaints.join('\n')).toContain('must NOT have more than 50 items');
  });
});

describe('Markdown on the page', () => {
  test.each([
    ['<script>alert(1)</script>', '<script'],
    ['<img src=x onerror=alert(1)>', '<img src=x'],
    ['<details ontoggle=alert(1)>', '<details ontoggle'],
    ['[x](javascript:alert(1))', 'href="javascript'],
    ['![x](data:text/html,hi)', 'src="data'],
    ['a <b onclick="x">b</b>', '<b onclick'],
    ['<!-- greenroom --> <svg/onload=1>', '<svg'],
  ])('%s is shown as text', (markdown, danger) => {
    expect(renderMarkdown(markdown)).not.toContain(danger);
  });

  test('the elements that comments are made of stay, markers vanish', () => {
    const html = renderMarkdown(
      '<!-- marker -->\n<details><summary>More</summary>\n\n**bold**<br>next\n\n</details>\n',
    );

    expect(html).toContain('<details><summary>More</summary>');
    expect(html).toContain('<strong>bold</strong><br>next');
    expect(html).not.toContain('marker');
  });
});
