import { describe, expect, test } from "vitest";
import type { Refusal } from "./errors.ts";
import { admit } from "./routes.ts";

const ID = "0123456789abcdef";

function refusalOf(method: string, target: string): Refusal["code"] | undefined {
  try {
    admit(method, target);
    return undefined;
  } catch (error) {
    return (error as Refusal).code;
  }
}

describe("requests that recorders need are allowed", () => {
  test.each([
    ["GET", "/_ping", "engine"],
    ["GET", "/v1.41/version", "engine"],
    ["GET", "/containers/json?all=true&filters=%7B%7D", "containers"],
    ["POST", "/v1.43/containers/create?name=skyway-recorder-1", "new-container"],
    ["GET", `/containers/${ID}/json`, "container"],
    ["POST", `/containers/${ID}/start?`, "container"],
    ["POST", `/containers/${ID}/kill?signal=SIGTERM`, "container"],
    ["POST", `/containers/${ID}/wait?condition=not-running`, "container"],
    ["GET", `/containers/${ID}/logs?follow=true&stdout=true`, "container"],
    ["DELETE", `/containers/${ID}?force=true`, "container"],
    ["GET", "/images/skyway-call-recorder/recorder:latest/json", "image"],
  ])("%s %s", (method, target, kind) => expect(admit(method, target).target.kind).toBe(kind));
});

describe("all other requests are refused", () => {
  test.each([
    ["POST", `/containers/${ID}/exec`, "ROUTE_NOT_ALLOWED"],
    ["POST", `/containers/${ID}/attach?stream=1`, "ROUTE_NOT_ALLOWED"],
    ["POST", `/containers/${ID}/update`, "ROUTE_NOT_ALLOWED"],
    ["GET", `/containers/${ID}/archive?path=/`, "ROUTE_NOT_ALLOWED"],
    ["GET", `/containers/${ID}/export`, "ROUTE_NOT_ALLOWED"],
    ["POST", "/build", "ROUTE_NOT_ALLOWED"],
    ["POST", "/session", "ROUTE_NOT_ALLOWED"],
    ["POST", "/images/create?fromImage=alpine", "ROUTE_NOT_ALLOWED"],
    ["POST", "/volumes/create", "ROUTE_NOT_ALLOWED"],
    ["POST", "/networks/create", "ROUTE_NOT_ALLOWED"],
    ["GET", "/plugins", "ROUTE_NOT_ALLOWED"],
    ["POST", "/swarm/init", "ROUTE_NOT_ALLOWED"],
    ["GET", "/events", "ROUTE_NOT_ALLOWED"],
    ["GET", "/info", "ROUTE_NOT_ALLOWED"],
    ["PUT", "/containers/create", "ROUTE_NOT_ALLOWED"],
    ["GET", "/v1.41/v1.41/version", "ROUTE_NOT_ALLOWED"],
  ])("%s %s", (method, target, code) => expect(refusalOf(method, target)).toBe(code));
});

describe("paths that the engine could interpret differently are refused", () => {
  test.each([
    "/containers/../images/json",
    "/containers/%2e%2e/json",
    `/containers/${ID}%2fexec/json`,
    "//containers/json",
    `/containers/${ID}/json#/exec`,
    `/containers/${ID}/json?a=1?b=2`,
    "http://engine/containers/json",
    "/containers/json ",
    "/containers\\json",
    "*",
  ])("%s", (target) => expect(refusalOf("GET", target)).toBe("MALFORMED"));
});

describe("parameters", () => {
  test.each([
    ["POST", `/containers/${ID}/kill?signal=SIGUSR1`],
    ["POST", `/containers/${ID}/kill?signal=SIGTERM&signal=SIGKILL`],
    ["GET", `/containers/${ID}/json?__proto__=1`],
    ["GET", `/containers/${ID}/logs?details=true`],
    ["POST", "/containers/create?name=../x"],
    ["POST", "/containers/create?name=a&platform=linux"],
    ["GET", "/containers/json?size=true"],
    ["DELETE", `/containers/${ID}?link=true`],
  ])("%s %s is refused", (method, target) => expect(refusalOf(method, target)).toBe("PARAMETER_NOT_ALLOWED"));
});

test.each([
  ["POST", `/containers/${ID}/wait`, true],
  ["GET", `/containers/${ID}/logs?follow=true&stdout=true`, true],
  ["GET", `/containers/${ID}/logs?follow=1`, true],
  ["GET", `/containers/${ID}/logs?follow=false&stdout=true`, false],
  ["GET", `/containers/${ID}/logs?stdout=true`, false],
  ["GET", `/containers/${ID}/json`, false],
])("%s %s is a wait: %s", (method, target, isWait) => expect(admit(method, target).isWait).toBe(isWait));

test("a request is named after its route, without ids", () => {
  expect(admit("POST", "/v1.41/containers/leg_1-p1/start").route).toBe("POST /containers/:name/start");
  expect(admit("GET", "/images/skyway-call-recorder/recorder:latest/json").route).toBe("GET /images/:name/json");
  expect(admit("POST", "/containers/create?name=x").route).toBe("POST /containers/create");
});
