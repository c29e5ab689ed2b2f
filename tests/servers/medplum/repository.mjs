// Medplum's in-memory repository made into a server's: a durable journal, real rollback, indexed search.
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import {
  OperationOutcomeError,
  Operator,
  allOk,
  badRequest,
  created,
  evalFhirPath,
  globalSchema,
  gone,
  multipleMatches,
  notFound,
  preconditionFailed,
  validateResource,
} from '@medplum/core';
import { MemoryRepository } from '@medplum/fhir-router';

const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const PAGE = 20;
const LARGEST_PAGE = 1000;

/** Every version ever written, in order; a commit is on the disk before anybody is told of it. */
class Journal {
  constructor(path) {
    this.db = new DatabaseSync(path);
    this.db.exec('PRAGMA journal_mode = WAL');
    this.db.exec('PRAGMA synchronous = FULL');
    this.db.exec('CREATE TABLE IF NOT EXISTS version (seq INTEGER PRIMARY KEY, type TEXT, id TEXT, body TEXT)');
    this.insert = this.db.prepare('INSERT INTO version (type, id, body) VALUES (?, ?, ?)');
  }

  rows() {
    return this.db.prepare('SELECT type, id, body FROM version ORDER BY seq').iterate();
  }

  append(rows) {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      for (const row of rows) {
        this.insert.run(...row);
      }
      this.db.exec('COMMIT');
    } catch (error) {
      this.db.exec('ROLLBACK');
      throw error;
    }
  }

  clear() {
    this.db.exec('DELETE FROM version');
  }
}

/** A repository that survives SIGKILL. Callers take turns: one request at a time. */
export class DurableRepository extends MemoryRepository {
  constructor({ path, clientIds, validate }) {
    super();
    this.journal = new Journal(path);
    this.clientIds = clientIds;
    this.validate = validate;
    this.index = new Map();
    this.unfinished = undefined;
    this.createdByPut = new Set();
  }

  async replay() {
    await this.withSeeding(async () => {
      for (const { type, id, body } of this.journal.rows()) {
        if (body === null) {
          await super.deleteResource(type, id);
        } else {
          this.enter(await super.createResource(JSON.parse(body), undefined, true));
        }
      }
    });
  }

  reset() {
    this.journal.clear();
    this.clear();
    this.index.clear();
  }

  current(type, id) {
    return this.resources.get(type)?.get(id);
  }

  versions(type, id) {
    return this.history.get(type)?.get(id) ?? [];
  }

  // --- writing

  async createResource(resource, options, update = false) {
    if (this.validate) {
      validateResource(resource);
    }
    const wanted = update || options?.assignedId ? resource : { ...resource, id: undefined };
    const id = wanted.id ?? this.generateId();
    this.remember(resource.resourceType, id);
    const made = await super.createResource({ ...wanted, id }, options, update);
    this.enter(made);
    this.write(made.resourceType, id, JSON.stringify(made));
    return made;
  }

  async updateResource(resource, options) {
    const { resourceType, id } = resource;
    if (!ID.test(id ?? '')) {
      throw new OperationOutcomeError(badRequest('Invalid id'));
    }
    const held = this.current(resourceType, id);
    if (!held && (!this.clientIds || options?.ifMatch)) {
      throw new OperationOutcomeError(notFound);
    }
    if (options?.ifMatch && held.meta.versionId !== options.ifMatch) {
      throw new OperationOutcomeError(preconditionFailed);
    }
    if (held && canonical(held) === canonical(resource)) {
      return structuredClone(held);
    }
    const made = await super.updateResource(resource, options);
    if (!held) {
      this.createdByPut.add(`${resourceType}/${id}`);
    }
    return made;
  }

  // Medplum's own version of this goes round createResource, and so round the journal.
  async conditionalCreate(resource, search, options) {
    const found = await this.searchResources({ ...search, count: 2, sortRules: undefined });
    if (found.length > 1) {
      throw new OperationOutcomeError(multipleMatches);
    }
    if (found.length === 1) {
      return { resource: found[0], outcome: allOk };
    }
    return { resource: await this.createResource(resource, options), outcome: created };
  }

  async deleteResource(type, id, options) {
    this.remember(type, id);
    await super.deleteResource(type, id, options);
    this.write(type, id, null);
  }

  write(...row) {
    if (this.unfinished) {
      this.unfinished.rows.push(row);
    } else {
      this.journal.append([row]);
    }
  }

  remember(type, id) {
    this.unfinished?.before.push([type, id, this.current(type, id), this.versions(type, id).length]);
  }

  async withTransaction(callback) {
    if (this.unfinished) {
      return callback(this);
    }
    this.unfinished = { before: [], rows: [] };
    try {
      const result = await callback(this);
      this.journal.append(this.unfinished.rows);
      return result;
    } catch (error) {
      for (const [type, id, held, count] of this.unfinished.before.reverse()) {
        this.restore(type, id, held, count);
      }
      throw error;
    } finally {
      this.unfinished = undefined;
    }
  }

  restore(type, id, held, count) {
    if (held) {
      this.resources.get(type).set(id, held);
    } else {
      this.resources.get(type)?.delete(id);
    }
    this.versions(type, id).splice(count);
    if (!count) {
      this.history.get(type)?.delete(id);
    }
  }

  // --- reading

  async readResource(type, id) {
    if (!this.current(type, id) && this.versions(type, id).length) {
      throw new OperationOutcomeError(gone);
    }
    return super.readResource(type, id);
  }

  // Medplum's own version of this turns the stored history round at every look.
  async readHistory(type, id) {
    await this.readResource(type, id);
    const entry = this.versions(type, id)
      .map((resource) => ({ resource: structuredClone(resource) }))
      .reverse();
    return { resourceType: 'Bundle', type: 'history', total: entry.length, entry };
  }

  async search(request) {
    const filters = request.filters ?? [];
    const unknown = filters.find(({ code }) => !code.includes('.') && !parameter(request, code));
    if (unknown) {
      throw new OperationOutcomeError(badRequest(`Unknown search parameter: ${unknown.code}`));
    }
    const byIdentifier = filters.filter(({ operator }) => operator === Operator.IDENTIFIER);
    const bySystem = new Map(this.resources);
    let found = this.candidates(request, filters);
    found = found.filter((held) => byIdentifier.every((filter) => refersByIdentifier(request, held, filter)));
    const sorts = request.sortRules ?? [];
    const byTime = sorts.length === 1 && sorts[0].code === '_lastUpdated';
    if (byTime) {
      found.sort((a, b) => (a.meta.lastUpdated < b.meta.lastUpdated ? -1 : +(a.meta.lastUpdated > b.meta.lastUpdated)));
      if (sorts[0].descending) {
        found.reverse();
      }
    }
    bySystem.set(request.resourceType, new Map(found.map((held) => [held.id, held])));
    const narrowed = Object.create(this, { resources: { value: bySystem } });
    return MemoryRepository.prototype.search.call(narrowed, {
      ...request,
      filters: filters.filter((filter) => !byIdentifier.includes(filter)),
      sortRules: byTime ? undefined : request.sortRules,
      count: Math.min(request.count ?? PAGE, LARGEST_PAGE),
    });
  }

  // A superset of what matches; stale entries of the index are sorted out by the search itself.
  candidates(request, filters) {
    const held = this.resources.get(request.resourceType) ?? new Map();
    const key = request.include ? undefined : filters.map((filter) => indexKey(request, filter)).find(Boolean);
    if (!key) {
      return [...held.values()];
    }
    return [...(this.index.get(key) ?? [])].map((id) => held.get(id)).filter(Boolean);
  }

  enter(resource) {
    const type = resource.resourceType;
    const marks = [
      ...[resource.identifier ?? []].flat().map(({ system, value }) => token(type, 'identifier', system, value)),
      ...(resource.meta?.tag ?? []).map(({ system, code }) => token(type, '_tag', system, code)),
      ...references(resource).map((reference) => `${type} > ${reference}`),
    ];
    for (const mark of marks) {
      if (!this.index.has(mark)) {
        this.index.set(mark, new Set());
      }
      this.index.get(mark).add(resource.id);
    }
  }

  // --- for tests

  counts() {
    const counted = {};
    for (const [type, held] of this.resources) {
      const all = [...(this.history.get(type)?.values() ?? [])].reduce((sum, versions) => sum + versions.length, 0);
      if (all) {
        counted[type] = { resources: held.size, versions: all };
      }
    }
    return counted;
  }

  digests() {
    const hashed = {};
    for (const held of this.everything()) {
      const name = `${held.resourceType}/${held.id}`;
      const sha256 = createHash('sha256').update(canonical(held)).digest('hex');
      hashed[name] = { sha256, versions: this.versions(held.resourceType, held.id).length };
    }
    return hashed;
  }

  everything() {
    return [...this.resources.values()].flatMap((held) => [...held.values()]);
  }
}

/** The content of a resource as one text: sorted keys, without what a server adds. */
function canonical(resource) {
  const { versionId, lastUpdated, ...meta } = resource.meta ?? {};
  return JSON.stringify(sorted({ ...resource, meta: Object.keys(meta).length ? meta : undefined }));
}

function sorted(value) {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  return Object.fromEntries(names.sort().map((name) => [name, sorted(value[name])]));
}

function references(value) {
  if (value === null || typeof value !== 'object') {
    return [];
  }
  const own = typeof value.reference === 'string' ? [value.reference] : [];
  return [...own, ...Object.values(value).flatMap(references)];
}

function parameter(request, code) {
  return globalSchema.types[request.resourceType]?.searchParams?.[code];
}

function token(type, code, system, value) {
  return `${type} ${code} ${system ?? ''}|${value ?? ''}`.toLowerCase();
}

function indexKey(request, { code, operator, value }) {
  if (operator !== Operator.EQUALS || value.includes(',')) {
    return undefined;
  }
  if ((code === 'identifier' || code === '_tag') && /^[^|]+\|[^|]+$/.test(value)) {
    return token(request.resourceType, code, ...value.split('|'));
  }
  if (parameter(request, code)?.type === 'reference' && value.includes('/')) {
    return `${request.resourceType} > ${value}`;
  }
  return undefined;
}

function refersByIdentifier(request, held, { code, value }) {
  const [system, own] = value.split('|');
  const points = evalFhirPath(parameter(request, code).expression, held);
  return points.some(({ identifier }) => identifier?.system === system && identifier?.value === own);
}
