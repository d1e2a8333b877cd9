/** docs/asyncapi.yaml as tests read it: which channel a subject belongs to, and whether a message fits one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { projectRoot } from '../house/clone.js';

export const asyncapiPath = join(projectRoot, 'docs', 'asyncapi.yaml');

interface Ref {
  readonly $ref: string;
}

export interface DocumentMessage {
  readonly name: string;
  readonly contentType: string;
  readonly headers?: object;
  readonly payload?: object;
  readonly examples?: readonly { readonly headers?: object; readonly payload: unknown }[];
}

export interface Document {
  readonly channels: Readonly<
    Record<string, { readonly address: string | null; readonly messages: Readonly<Record<string, Ref>> }>
  >;
  readonly operations: Readonly<Record<string, { readonly action: string; readonly channel: Ref }>>;
  readonly components: {
    readonly messages: Readonly<Record<string, DocumentMessage>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

/** Something that was sent, in JSON's form, whatever it was encoded in. */
export interface Sent {
  readonly contentType: 'application/json' | 'application/msgpack';
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when there was none. */
  readonly payload: unknown;
}

export function readAsyncapi(): Document {
  return parse(readFileSync(asyncapiPath, 'utf8'));
}

/** Answers questions about a document. */
export class Asyncapi {
  private readonly ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }));
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(readonly document: Document) {
    this.ajv.addSchema({ $id: 'doc', components: document.components });
  }

  /** Why a payload breaks a schema of the document; nothing when it doesn't. */
  faultsBySchema(name: string, payload: unknown): string[] {
    return this.faults({ $ref: `doc#/components/schemas/${name}` }, payload);
  }

  /** Names of the channels that a subject is one of: one, or the document is wrong. */
  channelsOf(subject: string): string[] {
    return Object.entries(this.document.channels)
      .filter(([, { address }]) => address !== null && fits(address, subject))
      .map(([name]) => name);
  }

  /** Which messages of a channel something is; why it is none of them, when it is none. */
  messagesOf(channel: string, sent: Sent): { readonly fitting: readonly string[]; readonly faults: readonly string[] } {
    const fitting: string[] = [];
    const faults: string[] = [];
    for (const name of Object.keys(this.document.channels[channel]?.messages ?? {})) {
      const found = this.faultsByMessage(name, sent);
      if (found.length === 0) fitting.push(name);
      else faults.push(...found.map((fault) => `as ${name}: ${fault}`));
    }
    return { fitting, faults };
  }

  faultsByMessage(name: string, { contentType, headers, payload }: Sent): string[] {
    const message = this.document.components.messages[name];
    if (message === undefined) return [`there is no message ${name}`];
    if (message.contentType !== contentType && message.payload !== undefined) return [`it is ${contentType}`];
    if ((message.payload === undefined) !== (payload === undefined)) return ['it has a payload or not'];
    const unknown = Object.keys(headers).filter((header) => !isDocumented(message, header));
    return [
      ...unknown.map((header) => `the header ${header} is not documented`),
      ...(message.headers === undefined ? [] : this.faults(message.headers, headers)),
      ...(message.payload === undefined ? [] : this.faults(message.payload, payload)),
    ];
  }

  private faults(schema: object, value: unknown): string[] {
    const key = JSON.stringify(schema);
    // References are into the document.
    const text = key.replaceAll('"$ref":"#/', '"$ref":"doc#/');
    const validate = this.compiled.get(key) ?? this.ajv.compile(JSON.parse(text));
    this.compiled.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }
}

function isDocumented({ headers = {} }: DocumentMessage, header: string): boolean {
  return 'properties' in headers && Object.keys(Object(headers.properties)).includes(header);
}

function fits(address: string, subject: string): boolean {
  const wanted = address.split('.');
  const found = subject.split('.');
  return wanted.length === found.length && wanted.every((token, at) => token.startsWith('{') || token === found[at]);
}
