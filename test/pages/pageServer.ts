import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { type AddressInfo, isIPv6 } from "node:net";
import { fileURLToPath } from "node:url";

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript";

/** All files that the pages load. skyway-js, PeerJS and whip-whep are unmodified files from their npm packages. */
const FILES: Record<string, { file: string; type: string }> = {
  "/caller.html": { file: fileURLToPath(new URL("caller.html", import.meta.url)), type: HTML },
  "/player.html": { file: fileURLToPath(new URL("player.html", import.meta.url)), type: HTML },
  "/syntheticMedia.js": { file: fileURLToPath(new URL("syntheticMedia.js", import.meta.url)), type: SCRIPT },
  "/skyway.js": { file: createRequire(import.meta.url).resolve("skyway-js"), type: SCRIPT },
  "/pattern.html": { file: fileURLToPath(new URL("../fidelity/page/pattern.html", import.meta.url)), type: HTML },
  "/peerjs.html": { file: fileURLToPath(new URL("peerjs.html", import.meta.url)), type: HTML },
  "/whip.html": { file: fileURLToPath(new URL("whip.html", import.meta.url)), type: HTML },
  "/janus.html": { file: fileURLToPath(new URL("janus.html", import.meta.url)), type: HTML },
  "/whip.js": { file: fileURLToPath(import.meta.resolve("whip-whep/whip.js")), type: SCRIPT },
  "/peerjs.js": { file: fileURLToPath(new URL("peerjs.min.js", import.meta.resolve("peerjs"))), type: SCRIPT },
};
/** TypeScript scripts of the pages, served with their types stripped. */
const TYPESCRIPT = /^\/fidelity\/(page\/)?[A-Za-z]+\.ts$/;

export interface PageServer {
  /** Origin without a trailing slash. 127.0.0.1 is a secure context, so pages may open camera and microphone. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves the test pages from a separate origin, like a user's web site. */
export async function servePages(address = "127.0.0.1"): Promise<PageServer> {
  const server = createServer(async (request, response) => {
    const page = await load(new URL(request.url ?? "/", "http://localhost").pathname);
    if (!page) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": page.type, "cache-control": "no-store" });
    response.end(page.content);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${isIPv6(address) ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function load(path: string): Promise<{ type: string; content: Buffer | string } | undefined> {
  if (TYPESCRIPT.test(path)) {
    const source = await readFile(fileURLToPath(new URL(`..${path}`, import.meta.url)), "utf8");
    return { type: SCRIPT, content: stripTypeScriptTypes(source) };
  }
  const page = FILES[path];
  return page && { type: page.type, content: await readFile(page.file) };
}
