import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DeploymentReport, Forge } from '../../src/forge/forge.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { noSignal, type StandInFixture, startFixture } from './stand-in-fixture.ts';

let fixture: StandInFixture;
let forge: Forge;
let shop: StandInRepository;

beforeAll(async () => {
  fixture = await startFixture();
  forge = fixture.forgeWith({ deployments: true });
  shop = await fixture.github.createRepository('shop', {});
  await shop.pushTo('search', { user: 'olivia', files: { a: 'b' } });
});
afterEach(() => fixture.github.assertClean());
afterAll(() => fixture.stop());

async function aDeployment(part: Partial<DeploymentReport> = {}): Promise<DeploymentReport> {
  return {
    runId: 'run-1',
    sha: await shop.headOf('search'),
    environment: 'greenroom',
    description: 'Change #1',
    state: 'in_progress',
    url: null,
    logUrl: 'https://greenroom.example.com/runs/run-1',
    ...part,
  };
}

async function put(id: string | null, part: Partial<DeploymentReport>): Promise<string> {
  return (await forge.putDeployment(shop.fullName, id, await aDeployment(part), noSignal)) ?? '';
}

test('without being asked for there are none', async () => {
  const unasked = fixture.forgeWith();

  expect(await unasked.putDeployment(shop.fullName, null, await aDeployment(), noSignal)).toBeNull();
  expect(fixture.github.deployments).toEqual([]);
  expect(fixture.github.grants.filter(({ permissions }) => 'deployments' in permissions)).toEqual([]);
});

test('a transient deployment goes from its beginning to inactive, whatever the checks of the commit say', async () => {
  const url = 'https://gr-run-1.preview.example.com';
  const red = { name: 'ci', head_sha: await shop.headOf('search') };
  await forge.putCheck(
    shop.fullName,
    null,
    {
      ...red,
      headSha: red.head_sha,
      externalId: 'x',
      detailsUrl: null,
      status: 'in_progress',
      conclusion: null,
      startedAt: null,
      completedAt: null,
      title: 't',
      summary: 's',
      text: null,
      annotations: [],
    },
    noSignal,
  );

  const id = await put(null, {});
  await put(id, { state: 'success', url });
  await put(id, { state: 'inactive' });

  const [deployment] = fixture.github.deployments;
  expect(deployment).toMatchObject({ transient: true, production: false, environment: 'greenroom', sha: red.head_sha });
  expect(deployment?.statuses.map(({ state, environmentUrl }) => [state, environmentUrl])).toEqual([
    ['in_progress', ''],
    ['success', url],
    ['inactive', ''],
  ]);
});

test('a deployment whose answer was lost is found again, and another run makes its own', async () => {
  const before = fixture.github.deployments.length;
  const first = await put(null, { runId: 'run-2' });

  expect(await put(null, { runId: 'run-2', state: 'success' })).toBe(first);
  expect(await put(null, { runId: 'run-3', state: 'success' })).not.toBe(first);
  expect(fixture.github.deployments).toHaveLength(before + 2);
  expect(fixture.github.deployments.find(({ id }) => String(id) === first)?.statuses.at(-1)?.state).toBe('success');
});

test('what has ended and was never shown is not made for that, and what was shown is found and ended', async () => {
  const before = fixture.github.deployments.length;

  expect(await put(null, { runId: 'run-4', state: 'inactive' })).toBe('');
  expect(await put(null, { runId: 'run-5', state: 'failure' })).toBe('');
  expect(fixture.github.deployments).toHaveLength(before);
  const shown = await put(null, { runId: 'run-6' });
  expect(await put(null, { runId: 'run-6', state: 'inactive' })).toBe(shown);
});

describe('what GitHub does without being asked otherwise', () => {
  async function call(method: string, path: string, body?: object): Promise<number> {
    const response = await fetch(`${fixture.github.apiUrl}/repos/${shop.fullName}${path}`, {
      method,
      headers: { authorization: `token ${fixture.github.tokenOf('ada')}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return response.status;
  }

  test('a check that is not green, and a branch behind its base, are conflicts', async () => {
    const ref = await shop.headOf('search');

    expect(await call('POST', '/deployments', { ref, auto_merge: false })).toBe(409);
    expect(await call('POST', '/deployments', { ref, required_contexts: [] })).toBe(409);
    expect(await call('POST', '/deployments', { ref, required_contexts: ['never'], auto_merge: false })).toBe(409);
    expect(await call('POST', '/deployments', { ref, required_contexts: [], auto_merge: false })).toBe(201);
  });

  test('only an inactive deployment goes', async () => {
    const [active, inactive] = [await put(null, { runId: 'run-8' }), await put(null, { runId: 'run-9' })];
    await put(inactive, { runId: 'run-9', state: 'inactive' });

    expect([await call('DELETE', `/deployments/${active}`), await call('DELETE', `/deployments/${inactive}`)]).toEqual([
      422, 204,
    ]);
  });
});
