import { expect, test } from "vitest";
import { healthProblems } from "./healthProblems.ts";

test("there are no problems while all parts are well", () => {
  expect(healthProblems({ status: "ok", parts: { docker: { status: "ok" } } })).toEqual([]);
});

test("each failing part is listed with its consequence", () => {
  const parts = {
    docker: { status: "failing", reason: "connect ECONNREFUSED" },
    storage: { status: "ok" },
    moon: { status: "failing" },
  } as const;
  expect(healthProblems({ status: "failing", parts })).toEqual([
    {
      part: "Docker engine",
      reason: "connect ECONNREFUSED",
      consequence: expect.stringMatching(/^Running calls are still recorded.*New calls and films wait/),
    },
    { part: "moon", reason: "it is failing", consequence: "" },
  ]);
});

test("without an answer, the orchestrator is the failing part: running calls go on, and new ones wait", () => {
  const [problem] = healthProblems(undefined);
  expect(problem).toMatchObject({ part: "Orchestrator" });
  expect(problem?.consequence).toMatch(/^Running calls are still recorded\. New calls wait/);
});
