/**
 * The client, over anything that answers HTTP requests: the API server in the same process, or `wire`'s pooled HTTPS transport.
 *
 * In process nothing is skipped but sockets: the request passes the server's whole pipeline, as the user named here. Every request
 * holds an activity of the clock until its answer is there; a watch holds it until the stream has begun. Nothing is retried: who
 * called knows better when to try again (work queues, reflectors).
 */
import { isApiError, serviceUnavailable } from "../api/errors.ts";
import type { KubernetesObject } from "../api/meta.ts";
import type { AnyResource, Resource } from "../api/row.ts";
import { decodeUtf8, EMPTY, encodeUtf8 } from "../base/bytes.ts";
import { type Clock, during } from "../base/clock.ts";
import type { Headers, HttpHandler, HttpResponse, UserInfo } from "../base/http.ts";
import { errorOfAnswer, wholeBody } from "./answers.ts";
import type { Client, DeleteOptions, ListOptions, ObjectList, ObjectRef, PatchType } from "./client.ts";
import { sameContent } from "./equality.ts";
import { collectionPath, deleteBody, listQuery, objectPath, queryString, watchQuery, writeQuery } from "./paths.ts";
import { watchStream } from "./watch-stream.ts";

export interface ClientOptions {
  transport: HttpHandler;
  clock: Clock;
  /** Who is calling, in process. Over HTTPS the transport's credentials say it. */
  user?: UserInfo;
  /** Ends up in managedFields as the manager, up to the first `/`. */
  userAgent?: string;
}

interface Call {
  method: string;
  path: string;
  query?: string;
  contentType?: string;
  body?: object | Uint8Array | undefined;
  headers?: Headers;
  signal?: AbortSignal | undefined;
}

const JSON_TYPE = "application/json";
const METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

const PATCH_TYPES: Record<PatchType, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

const NEVER = new AbortController().signal;

/** Sends calls and gives their answers; all that knows of HTTP in the client. */
interface Sender {
  answer(call: Call): Promise<HttpResponse>;
  bytes(call: Call): Promise<{ response: HttpResponse; body: Uint8Array }>;
  json<R>(call: Call): Promise<R>;
}

function sender({ transport, clock, user, userAgent = "timonier" }: ClientOptions): Sender {
  const bytesOf = (body: Call["body"]): Uint8Array => {
    if (body === undefined) return EMPTY;
    return body instanceof Uint8Array ? body : encodeUtf8(JSON.stringify(body));
  };

  async function answer(call: Call): Promise<HttpResponse> {
    const body = bytesOf(call.body);
    const headers: Record<string, string> = { accept: JSON_TYPE, "user-agent": userAgent, ...call.headers };
    if (body.length > 0) {
      headers["content-type"] ??= call.contentType ?? JSON_TYPE;
      headers["content-length"] = String(body.length);
    }
    try {
      return await transport({
        method: call.method,
        path: call.path,
        query: call.query ?? "",
        headers,
        body: async () => body,
        localUser: user,
        remoteAddress: "",
        signal: call.signal ?? NEVER,
      });
    } catch (error) {
      if (isApiError(error)) throw error;
      const reason = error instanceof Error ? error.message : error;
      throw Object.assign(serviceUnavailable(`no answer from the server: ${reason}`), { cause: error });
    }
  }

  async function bytes(call: Call): Promise<{ response: HttpResponse; body: Uint8Array }> {
    return during(clock, `${call.method} ${call.path}`, async () => {
      const response = await answer(call);
      const body = await wholeBody(response);
      if (response.status >= 400) throw errorOfAnswer(response.status, body);
      return { response, body };
    });
  }

  return {
    answer,
    bytes,
    async json<R>(call: Call): Promise<R> {
      return JSON.parse(decodeUtf8((await bytes(call)).body)) as R;
    },
  };
}

/** Items of a built-in List come without kind and apiVersion; objects in memory have them. */
function withKind<T extends KubernetesObject>(of: Resource<T>, item: T): T {
  return item.kind === undefined ? Object.assign({ kind: of.kind, apiVersion: of.apiVersion }, item) : item;
}

const refOf = ({ metadata }: { readonly metadata?: { readonly namespace?: string; readonly name?: string } }): ObjectRef => ({
  ...(metadata?.namespace ? { namespace: metadata.namespace } : {}),
  name: metadata?.name ?? "",
});

/** The object with its kind and apiVersion, which callers may leave out: the row says them. */
const kinded = (of: AnyResource, object: object): object => Object.assign({ kind: of.kind, apiVersion: of.apiVersion }, object);

export function createClient(options: ClientOptions): Client {
  const send = sender(options);
  return { ...reads(send), watch: watches(send, options.clock), ...writes(send), ...deletions(send), raw: rawCalls(send) };
}

const reads = (send: Sender): Pick<Client, "get" | "list"> => ({
  get: (of, ref, { subresource } = {}) => send.json({ method: "GET", path: objectPath(of, ref, subresource) }),

  async list<T extends KubernetesObject>(of: Resource<T>, list: ListOptions = {}): Promise<ObjectList<T>> {
    const call = {
      method: "GET",
      path: collectionPath(of, list.namespace),
      query: queryString(listQuery(list)),
      headers: list.metadataOnly ? { accept: METADATA_LIST } : {},
    };
    const body = await send.json<{ items: T[] | null; metadata: { resourceVersion?: string; continue?: string } }>(call);
    return {
      items: (body.items ?? []).map((item) => withKind(of, item)),
      resourceVersion: body.metadata.resourceVersion ?? "",
      continue: body.metadata.continue ?? "",
    };
  },
});

const watches =
  (send: Sender, clock: Clock): Client["watch"] =>
  async (of, options, onEvent) => {
    const { signal } = options;
    if (signal.aborted) return;
    const path = collectionPath(of, options.namespace);
    const stream = watchStream(clock, onEvent);
    signal.addEventListener("abort", stream.stop, { once: true });
    try {
      await during(clock, `WATCH ${path}`, async () => {
        const headers: Headers = options.metadataOnly ? { accept: METADATA } : {};
        const response = await send.answer({ method: "GET", path, query: queryString(watchQuery(options)), headers, signal });
        if (response.status >= 400) throw errorOfAnswer(response.status, await wholeBody(response));
        if (response.body instanceof Uint8Array || !("stream" in response.body)) {
          stream.sink.write(await wholeBody(response));
          stream.sink.end();
        } else response.body.stream(stream.sink);
      });
      await stream.done;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener("abort", stream.stop);
      stream.stop();
    }
  };

const writes = (send: Sender): Pick<Client, "create" | "post" | "update" | "updateStatusIfChanged" | "patch"> => ({
  create(of, object, write = {}) {
    const ref = refOf(object as Partial<KubernetesObject>);
    const { subresource } = write;
    const path = subresource === undefined ? collectionPath(of, ref.namespace) : objectPath(of, ref, subresource);
    return send.json({ method: "POST", path, query: queryString(writeQuery(write)), body: kinded(of, object) });
  },

  post: (of, ref, subresource, body) => send.json({ method: "POST", path: objectPath(of, ref, subresource), body }),

  update(of, object, write = {}) {
    const path = objectPath(of, refOf(object as KubernetesObject), write.subresource);
    return send.json({ method: "PUT", path, query: queryString(writeQuery(write)), body: kinded(of, object as object) });
  },

  async updateStatusIfChanged(of, object, status) {
    if (sameContent(object.status, status)) return object;
    const path = objectPath(of, refOf(object), "status");
    return send.json({ method: "PUT", path, body: { ...kinded(of, object), status } });
  },

  patch(of, ref, type, patch, write = {}) {
    const query = queryString(writeQuery(write));
    const path = objectPath(of, ref, write.subresource);
    return send.json({ method: "PATCH", path, query, contentType: PATCH_TYPES[type], body: patch as object });
  },
});

const deletions = (send: Sender): Pick<Client, "delete" | "deleteCollection"> => ({
  async delete(of, ref, options = {}) {
    await send.bytes({ method: "DELETE", path: objectPath(of, ref), body: deleteBody(options) });
  },

  async deleteCollection(of, options: ListOptions & DeleteOptions = {}) {
    const { gracePeriodSeconds, propagationPolicy, uid, ...list } = options;
    const body = deleteBody(defined({ gracePeriodSeconds, propagationPolicy, uid }));
    await send.bytes({ method: "DELETE", path: collectionPath(of, list.namespace), query: queryString(listQuery(list)), body });
  },
});

const rawCalls =
  (send: Sender): Client["raw"] =>
  async ({ method, path, headers = {}, body, signal }) => {
    const [plain = "", query = ""] = path.split(/\?(.*)/s);
    const { response, body: answer } = await send.bytes({ method, path: plain, query, headers, body, signal });
    return { status: response.status, headers: response.headers, body: answer };
  };

/** Without the members that are undefined. */
function defined<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
