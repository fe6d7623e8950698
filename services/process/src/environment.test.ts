import { expect, test } from "vitest";
import { z } from "zod";
import { commaSeparated, ListenPort, LogLevel, Port, unlessEmpty } from "./environment.ts";

test("an empty variable is read as one that is not set", () => {
  const variables = z.object({ PORT: unlessEmpty(Port.default(3000)), NAME: unlessEmpty(z.string().optional()) });

  expect(variables.parse({ PORT: "", NAME: "" })).toEqual({ PORT: 3000 });
  expect(variables.parse({})).toEqual({ PORT: 3000 });
  expect(variables.parse({ PORT: "80", NAME: " " })).toEqual({ PORT: 80, NAME: " " });
});

test.each(["-1", "65536", "80.5", "web"])("%s is no port", (text) => {
  expect(Port.safeParse(text).success).toBe(false);
  expect(ListenPort.safeParse(text).success).toBe(false);
});

test("0 is a port to listen on only", () => {
  expect(ListenPort.parse("0")).toBe(0);
  expect(Port.safeParse("0").success).toBe(false);
});

test("a log level that does not exist is refused", () => {
  expect(LogLevel.parse("warn")).toBe("warn");
  expect(LogLevel.safeParse("loud").success).toBe(false);
});

test("a list is separated by commas, with or without spaces", () => {
  expect(commaSeparated("a, b,c ")).toEqual(["a", "b", "c"]);
});
