import { beforeEach, expect, test } from "vitest";
import { type Binding, readBinding, writeCheck } from "./binding.ts";
import { LiteAgent, MAX_GENERATIONS, QUIET_MS } from "./liteAgent.ts";

const FIRST = { iceUfrag: "first", icePwd: "the password of the first" };
const SECOND = { iceUfrag: "second", icePwd: "the password of the second" };
const FROM = { host: "192.0.2.1", port: 4000 };

let agent: LiteAgent<string>;
beforeEach(() => {
  agent = new LiteAgent<string>(FIRST);
  agent.begin("old", 0);
  agent.restart(SECOND);
});

test("uses the current path until the new session nominates one, and never returns to the old one", () => {
  expect(agent.path).toBe("old");
  expect(receive(check(SECOND, { nominates: false }), "new")).toBe("success");
  expect(agent.path).toBe("old");
  expect(receive(check(SECOND), "new")).toBe("success");
  expect(agent.path).toBe("new");
  expect(receive(check(FIRST, { priority: 2 ** 31 - 1 }), "old", 10 * QUIET_MS)).toBe("success");
  expect(agent.path).toBe("new");
});

test("uses the best working path of several nominated ones", () => {
  receive(check(SECOND, { priority: 2 }), "wi-fi", 0);
  receive(check(SECOND, { priority: 1 }), "mobile", 1);
  expect(agent.path).toBe("wi-fi");
  agent.received("wi-fi", QUIET_MS);
  receive(check(SECOND, { priority: 1 }), "mobile", QUIET_MS + 1);
  expect(agent.path).toBe("wi-fi");
  receive(check(SECOND, { priority: 1 }), "mobile", 2 * QUIET_MS + 1);
  expect(agent.path).toBe("mobile");
  receive(check(SECOND, { priority: 2 }), "wi-fi", 2 * QUIET_MS + 2);
  expect(agent.path).toBe("wi-fi");
});

test("forgets old generations, and prefers newer ones", () => {
  receive(check(SECOND), "second");
  for (const count of Array(MAX_GENERATIONS).keys())
    agent.restart({ iceUfrag: `again${count}`, icePwd: "again".repeat(5) });
  expect(receive(check(SECOND), "second")).toBeUndefined();
  const before = check({ iceUfrag: "again0", icePwd: "again".repeat(5) });
  const last = check({ iceUfrag: `again${MAX_GENERATIONS - 1}`, icePwd: "again".repeat(5) });
  receive(before, "before");
  expect(agent.path).toBe("before");
  receive(last, "last");
  receive(before, "before", 10 * QUIET_MS);
  expect(agent.path).toBe("last");
});

test("answers only requests, and only from a sender that knows our password", () => {
  expect(receive(check({ ...SECOND, icePwd: FIRST.icePwd }), "new")).toBeUndefined();
  expect(receive(check({ ...SECOND, iceUfrag: "third" }), "new")).toBeUndefined();
  expect(receive({ ...check(SECOND), type: "success" }, "new")).toBeUndefined();
  expect(receive({ ...check(SECOND), integrityAt: undefined }, "new")).toBeUndefined();
  expect(agent.path).toBe("old");
});

test("always leaves the controlling role to the other side", () => {
  expect(receive({ ...check(SECOND), role: "controlled" }, "new")).toBe("error");
  expect(agent.path).toBe("old");
});

function check({ iceUfrag, icePwd }: typeof FIRST, { priority = 1, nominates = true } = {}): Binding {
  const transactionId = Buffer.alloc(12, 7);
  const username = `${iceUfrag}:theirs`;
  const written = writeCheck({
    transactionId,
    username,
    password: icePwd,
    priority,
    tieBreaker: 1n,
    role: "controlling",
  });
  return { ...(readBinding(written) as Binding), nominates };
}

function receive(binding: Binding, path: string, nowMs = 0) {
  const reply = agent.receive(binding, path, FROM, nowMs);
  return reply && readBinding(reply)?.type;
}
