import { expect, test } from "vitest";
import { OpenRequests } from "./openRequests.ts";

test("a request beyond the limit is refused, until another one has ended", () => {
  const requests = new OpenRequests();
  requests.limit = 2;
  const ended = [requests.open(), requests.open()];
  expect(() => requests.open()).toThrow(expect.objectContaining({ code: "TOO_MANY_WAITS", status: 503 }));
  ended[0]?.();
  ended[0]?.(); // counts once
  expect(requests.count).toBe(1);
  requests.open();
  expect(() => requests.open()).toThrow();
});
