import { z } from "zod";
import { composeOrThrow } from "../bundle/compose.ts";

/** Memory of a Node.js process after garbage collection. */
const Memory = z.object({
  heapUsed: z.number(),
  /** Memory of native objects, including array buffers. */
  external: z.number(),
});

/**
 * Runs inside the container: queries the service's process through its inspector, which listens only there.
 * https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#method-collectGarbage
 */
const SCRIPT = `
  const { readdirSync, readFileSync } = require("node:fs");
  const words = (pid) => { try { return readFileSync("/proc/" + pid + "/cmdline", "utf8").split("\\0"); } catch { return []; } };
  const pid = readdirSync("/proc").find((name) => words(name)[0] === "node" && words(name)[1] === "src/main.ts");
  process.kill(Number(pid), "SIGUSR1");
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const targets = async () => {
    for (let tries = 0; ; tries += 1) {
      try { return await (await fetch("http://127.0.0.1:9229/json/list")).json(); } catch (error) { if (tries > 50) throw error; }
      await sleep(100);
    }
  };
  (async () => {
    const socket = new WebSocket((await targets())[0].webSocketDebuggerUrl);
    await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
    const answers = new Map();
    socket.onmessage = ({ data }) => { const { id, result } = JSON.parse(data); answers.get(id)?.(result); };
    let count = 0;
    const ask = (method, params) => new Promise((resolve) => {
      count += 1;
      answers.set(count, resolve);
      socket.send(JSON.stringify({ id: count, method, params }));
    });
    const evaluate = async (expression) => (await ask("Runtime.evaluate", { expression, returnByValue: true })).result.value;
    // Objects may become unreachable only after the finalisers of the first collection.
    for (let round = 0; round < 3; round += 1) { await ask("HeapProfiler.collectGarbage"); await sleep(50); }
    console.log(JSON.stringify(await evaluate("process.memoryUsage()")));
    await evaluate("setTimeout(() => process.getBuiltinModule('inspector').close(), 200), 0");
    socket.close();
  })();
`;

/** Bytes that a service needs for its live objects. Node decides how much more it reserves. */
export async function neededBytes(service: string): Promise<number> {
  const { heapUsed, external } = Memory.parse(
    JSON.parse(await composeOrThrow(["exec", "-T", service, "node", "-e", SCRIPT])),
  );
  return heapUsed + external;
}
