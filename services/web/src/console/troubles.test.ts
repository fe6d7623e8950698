import { expect, test } from "vitest";
import { troubles } from "./troubles.ts";

test("nothing is said while all is well", () => {
  expect(troubles({ status: "ok", parts: { docker: { status: "ok" } } })).toEqual([]);
});

test("each part that is not well is named, with what it means", () => {
  const parts = {
    docker: { status: "failing", reason: "connect ECONNREFUSED" },
    storage: { status: "ok" },
    moon: { status: "failing" },
  } as const;
  expect(troubles({ status: "failing", parts })).toEqual([
    { part: "Docker engine", reason: "connect ECONNREFUSED", consequence: "No recorder can be started." },
    { part: "moon", reason: "it is not well", consequence: "" },
  ]);
});

test("no answer at all is the orchestrator's", () => {
  expect(troubles(undefined)).toMatchObject([{ part: "Orchestrator" }]);
});
