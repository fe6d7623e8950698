import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { expect, test } from "vitest";
import { Client } from "./testing/client.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const START_LIMIT_MS = 10_000;

class Program implements AsyncDisposable {
  readonly process: ChildProcess;
  output = "";

  constructor(environment: Record<string, string>) {
    this.process = spawn(process.execPath, [MAIN], { env: { LISTEN_ADDRESS: "127.0.0.1", ...environment } });
    this.process.stdout?.on("data", (chunk) => {
      this.output += chunk;
    });
    this.process.stderr?.on("data", (chunk) => {
      this.output += chunk;
    });
  }

  async starts(): Promise<{ origin: string; port: string }> {
    await waitFor(`signaling is up: ${this.output}`, () => this.output.includes("signaling is up"), START_LIMIT_MS);
    const port = /"port":(\d+)/.exec(this.output)?.[1] ?? "";
    return { port, origin: `http://127.0.0.1:${port}` };
  }

  async ends(): Promise<number | null> {
    if (this.process.exitCode === null) await once(this.process, "exit");
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }
}

test.each([
  [{ BIND_ADDRESS: "0.0.0.0" }, "SKYWAY_API_KEY is the default key"],
  [{ SKYWAY_API_KEY: "SKYWAY API KEY" }, "SKYWAY_API_KEY (entry 1)"],
])("refuses to start with %j, in one line", async (environment, message) => {
  await using program = new Program(environment);

  expect(await program.ends()).toBe(1);
  expect(program.output).toContain(message);
  expect(program.output.trim().split("\n")).toHaveLength(1);
});

test("a port in use is reported in one line", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as AddressInfo;
  try {
    await using program = new Program({ PORT: String(port) });

    expect(await program.ends()).toBe(1);
    expect(program.output).toContain(String(port));
    expect(program.output.trim().split("\n")).toHaveLength(1);
  } finally {
    squatter.close();
  }
});

test("after a restart, clients reconnect automatically, and no peer receives LEAVE", async () => {
  await using first = new Program({ PORT: "0" });
  const server = await first.starts();
  using alice = await Client.open(server, { peerId: "alice", reconnection: true });
  using bob = await Client.open(server, { peerId: "bob", reconnection: true });
  await alice.reachesWebSocket();
  await bob.reachesWebSocket();
  alice.offer("bob");
  await bob.hears("OFFER");

  first.process.kill("SIGTERM");
  expect(await first.ends()).toBe(0);
  await using second = new Program({ PORT: server.port });
  await second.starts();
  await waitFor(
    "both are back",
    () => [alice, bob].every(({ events }) => events.at(-1) === "OPEN" && events.length > 1),
    8_000,
  );
  bob.answer("alice");
  await alice.hears("ANSWER");

  expect(bob.events).not.toContain("LEAVE");
  expect(alice.events).not.toContain("LEAVE");
  expect(first.output).not.toContain("token");
}, 20_000);
