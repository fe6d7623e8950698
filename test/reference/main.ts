// A proxy between the orchestrator and this project's gateway that passes only the 22 endpoints and the fields of the
// official reference. It answers everything else like a gateway that does not support it.
//
// Environment: GATEWAY_URL. Prints refused and forwarded requests to standard output, one JSON object per line.
import { createServer, type IncomingMessage } from "node:http";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { type Address, Redirection } from "./redirection.ts";
import { known, operationOf } from "./reference.ts";

const GATEWAY_URL = process.env["GATEWAY_URL"] ?? "http://skyway-webrtc-gateway:8000";
const PORT = 8000;
const KINDS = ["video", "video_rtcp", "audio", "audio_rtcp"];

type Json = Record<string, unknown>;
interface WireAddress {
  ip_v4: string;
  port: number;
}

const redirections = new Map<string, Redirection>();
const key = ({ host, port }: Address) => `${host}:${port}`;
const say = (line: Json) => process.stdout.write(`${JSON.stringify(line)}\n`);

const server = createServer(async (request, response) => {
  const { method = "GET", url = "/" } = request;
  const path = new URL(url, GATEWAY_URL).pathname;
  const operation = operationOf(method, path);
  say({ [operation ? "asked" : "refused"]: `${method} ${path.replace(/mc-[^/]+|[^/]+(?=\/events|\/status)/, "*")}` });
  if (!operation) {
    answer(404, { command_type: "", params: { errors: [{ field: "", message: "not found" }] } });
    return;
  }
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    const body = await bodyOf(request);
    const passed = body === undefined ? undefined : await redirected(known(operation.takes ?? {}, body) as Json, path);
    const answered = await fetch(GATEWAY_URL + url, {
      method,
      signal: gone.signal,
      ...(passed && { body: JSON.stringify(passed) }),
    });
    const said = await answered.text();
    const read = said === "" ? undefined : JSON.parse(said);
    answer(answered.status, answered.ok ? known(operation.answers, read) : read);
  } catch (error) {
    if (!gone.signal.aborted) response.destroy(error as Error);
  }

  function answer(status: number, body: unknown): void {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }
});

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const said = await text(request);
  return said === "" ? undefined : JSON.parse(said);
}

/** Redirects media through this proxy if a body contains addresses of recorders. */
async function redirected(body: Json, path: string): Promise<Json> {
  if (path.endsWith("/pli")) return { ...(await redirectTo(body as unknown as WireAddress)) };
  const to = body["redirect_params"] as Record<string, WireAddress> | undefined;
  if (!to) return body;
  const named = KINDS.flatMap((kind) => (to[kind] ? [[kind, to[kind]] as const] : []));
  const passed = await Promise.all(named.map(async ([kind, address]) => [kind, await redirectTo(address)]));
  return { ...body, redirect_params: Object.fromEntries(passed) };
}

async function redirectTo({ ip_v4, port }: WireAddress): Promise<WireAddress> {
  const to = { host: ip_v4, port };
  let redirection = redirections.get(key(to));
  if (!redirection) {
    redirection = await Redirection.open(to);
    redirections.set(key(to), redirection);
  }
  return { ip_v4: addressTowards(ip_v4), port: redirection.port };
}

/** This container's address in the recorders' network. */
function addressTowards(recorder: string): string {
  const own = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const found = own.find(({ address, netmask, family }) => {
    const mask = number(netmask);
    return family === "IPv4" && (number(address) & mask) === (number(recorder) & mask);
  });
  if (!found) throw new Error(`no network with ${recorder}`);
  return found.address;
}

const number = (address: string) => Buffer.from(address.split(".").map(Number)).readInt32BE();

server.requestTimeout = 0;
server.listen(PORT, "0.0.0.0");
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
