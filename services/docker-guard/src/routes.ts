import { z } from "zod";
import { Refusal } from "./errors.ts";

/** What a request refers to. It determines which check applies before the request is forwarded. */
export type Target =
  | { kind: "engine" }
  | { kind: "containers" }
  | { kind: "new-container" }
  | { kind: "container"; reference: string }
  | { kind: "image"; reference: string };

/** A request that matches a row of the table below. Only these fields are forwarded. */
export interface AdmittedRequest {
  /** The name of its row: "POST /containers/:name/start". */
  route: string;
  method: string;
  /** Path including the API version that the client requested. */
  path: string;
  query: Readonly<Record<string, string>>;
  target: Target;
  /** Whether the answer takes until a container ends. */
  isWait: boolean;
}

const VERSION = /^\/v1\.[0-9]{1,3}(?=\/)/;
const REFERENCE = "([A-Za-z0-9][A-Za-z0-9_.-]{0,254})";
const IMAGE = "([a-z0-9][A-Za-z0-9_.:/@-]{0,254}?)";

const flag = z.enum(["0", "1", "true", "false"]);
const TRUE = new Set(["1", "true"]);
const seconds = z.string().regex(/^[0-9]{1,2}$/);

type Parameters = Record<string, z.ZodType<string>>;

interface Route {
  method: string;
  path: string;
  pattern: RegExp;
  parameters: Parameters;
  target(match: RegExpExecArray): Target;
}

function route(method: string, path: string, parameters: Parameters, target: Route["target"]): Route {
  return { method, path, pattern: new RegExp(`^${path}$`), parameters, target };
}

const container: Route["target"] = (match) => ({ kind: "container", reference: match[1] ?? "" });

const ROUTES: readonly Route[] = [
  route("GET", "/_ping", {}, () => ({ kind: "engine" })),
  route("HEAD", "/_ping", {}, () => ({ kind: "engine" })),
  route("GET", "/version", {}, () => ({ kind: "engine" })),
  route("GET", "/containers/json", { all: flag, filters: z.string().max(4_096) }, () => ({
    kind: "containers",
  })),
  route("POST", "/containers/create", { name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/) }, () => ({
    kind: "new-container",
  })),
  route("GET", `/containers/${REFERENCE}/json`, {}, container),
  route("POST", `/containers/${REFERENCE}/start`, {}, container),
  route("POST", `/containers/${REFERENCE}/stop`, { t: seconds }, container),
  route("POST", `/containers/${REFERENCE}/kill`, { signal: z.enum(["SIGTERM", "SIGKILL"]) }, container),
  route(
    "POST",
    `/containers/${REFERENCE}/wait`,
    { condition: z.enum(["not-running", "next-exit", "removed"]) },
    container,
  ),
  route(
    "GET",
    `/containers/${REFERENCE}/logs`,
    {
      follow: flag,
      stdout: flag,
      stderr: flag,
      timestamps: flag,
      since: z.string().regex(/^[0-9.]{1,20}$/),
      tail: z.string().regex(/^(all|[0-9]{1,6})$/),
    },
    container,
  ),
  route("DELETE", `/containers/${REFERENCE}`, { force: flag, v: flag }, container),
  route("GET", `/images/${IMAGE}/json`, {}, (match) => ({ kind: "image", reference: match[1] ?? "" })),
];

/**
 * Finds the table row that matches a request.
 *
 * @param method HTTP method as received.
 * @param target request target as received; it must be in origin form (RFC 9112, section 3.2.1).
 * @throws Refusal MALFORMED, ROUTE_NOT_ALLOWED or PARAMETER_NOT_ALLOWED.
 */
export function admit(method: string, target: string): AdmittedRequest {
  const [path = "", ...rest] = target.split("?");
  // No path in the table needs percent-encoding. An encoded path could be interpreted differently by the engine.
  if (!/^\/[A-Za-z0-9_.:/@-]*$/.test(path) || rest.length > 1)
    throw new Refusal("MALFORMED", "the path has characters that are not allowed");
  if (path.split("/").some((segment) => segment === "." || segment === "..") || path.includes("//")) {
    throw new Refusal("MALFORMED", "the path has empty or dot segments");
  }
  const version = VERSION.exec(path)?.[0] ?? "";
  const name = path.slice(version.length);
  for (const row of ROUTES) {
    const match = row.method === method ? row.pattern.exec(name) : null;
    if (match) {
      const route = `${method} ${row.path.replaceAll(REFERENCE, ":name").replaceAll(IMAGE, ":name")}`;
      const query = parameters(row, rest[0] ?? "");
      const isWait = row.path.endsWith("/wait") || TRUE.has(query["follow"] ?? "");
      return { route, method, path, query, target: row.target(match), isWait };
    }
  }
  throw new Refusal("ROUTE_NOT_ALLOWED", `${method} ${name} is not allowed: recorders do not need it`);
}

function parameters(row: Route, search: string): Record<string, string> {
  const admitted: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    const schema = Object.hasOwn(row.parameters, name) ? row.parameters[name] : undefined;
    if (!schema?.safeParse(value).success) {
      throw new Refusal("PARAMETER_NOT_ALLOWED", `the parameter ${JSON.stringify(name)} is not allowed here`);
    }
    if (Object.hasOwn(admitted, name)) {
      throw new Refusal("PARAMETER_NOT_ALLOWED", `the parameter ${JSON.stringify(name)} is given twice`);
    }
    admitted[name] = value;
  }
  return admitted;
}
