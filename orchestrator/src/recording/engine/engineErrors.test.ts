import { expect, test } from "vitest";
import { asking, unlessGone } from "./engineErrors.ts";

const thrown = (facts: { statusCode?: number; code?: string }) => Object.assign(new Error("engine's words"), facts);
const fails = (facts: { statusCode?: number; code?: string }, meaning = {}) =>
  asking(Promise.reject(thrown(facts)), meaning);

test.each([
  [{ code: "ENOENT" }, "DOCKER_UNREACHABLE"],
  [{ code: "ECONNREFUSED" }, "DOCKER_UNREACHABLE"],
  [{ code: "ECONNRESET" }, "DOCKER_UNREACHABLE"],
  [{ code: "EACCES" }, "DOCKER_FORBIDDEN"],
  [{ statusCode: 403 }, "DOCKER_FORBIDDEN"],
  [{ statusCode: 502 }, "DOCKER_UNREACHABLE"],
  [{ statusCode: 500 }, "DOCKER_UNREACHABLE"],
])("%j is %s, in the engine's own words", async (facts, code) => {
  await expect(fails(facts)).rejects.toMatchObject({ code, message: expect.stringContaining("engine's words") });
});

test("the caller decides what an HTTP status means", async () => {
  const meaning = { 404: "IMAGE_MISSING", otherwise: "RECORDER_NOT_STARTED" } as const;
  await expect(fails({ statusCode: 404 }, meaning)).rejects.toMatchObject({ code: "IMAGE_MISSING" });
  await expect(fails({ statusCode: 500 }, meaning)).rejects.toMatchObject({ code: "RECORDER_NOT_STARTED" });
  await expect(fails({ statusCode: 502 }, meaning)).rejects.toMatchObject({ code: "DOCKER_UNREACHABLE" });
});

test("unlessGone returns undefined for a missing container, and for no other error", async () => {
  expect(await fails({ statusCode: 404 }).catch(unlessGone)).toBeUndefined();
  expect(await fails({ statusCode: 409 }).catch(unlessGone)).toBeUndefined();
  await expect(fails({ statusCode: 500 }).catch(unlessGone)).rejects.toThrow("engine's words");
});
