import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultRecorderLimit } from "@skyway-call-recorder/process/recorderLimit.ts";
import { afterAll, describe, expect, test } from "vitest";
import { readConfiguration } from "./readConfiguration.ts";
import { DEFAULT_API_KEY } from "./schema.ts";

const folder = mkdtempSync(join(tmpdir(), "orchestrator-"));
afterAll(() => rmSync(folder, { recursive: true }));

const fileWith = (yaml: string) => {
  const path = join(folder, "config.yaml");
  writeFileSync(path, yaml);
  return { CONFIG_FILE: path };
};
const mistakes = (environment: NodeJS.ProcessEnv) => {
  try {
    readConfiguration(environment);
    return "";
  } catch (error) {
    return String(error);
  }
};

describe("without any configuration", () => {
  test("everything has a default", () => {
    expect(readConfiguration({})).toMatchObject({
      peers: ["TestRecorder"],
      maxConcurrentRecorders: defaultRecorderLimit(),
      video: { codecs: ["VP8", "VP9", "H264"], h264Container: "mkv" },
      audio: { codecs: ["opus", "PCMU", "PCMA"], transcode: "none" },
      tracks: "joined",
      bandwidth: { perLegKbps: 0 },
      recorder: { memoryMebibytes: 256, cpus: 1 },
      logLevel: "info",
      apiKey: DEFAULT_API_KEY,
      recordingsFolder: "/recordings",
    });
  });

  test("an empty file and empty variables have no effect", () => {
    expect(readConfiguration({ ...fileWith("# nothing\n"), MAX_CONCURRENT_RECORDERS: "", SKYWAY_API_KEY: "" })).toEqual(
      readConfiguration({}),
    );
  });
});

test("the file that comes with the bundle documents the defaults", () => {
  const text = readFileSync(new URL("../../../compose/config.yaml", import.meta.url), "utf8");
  expect(readConfiguration(fileWith(text))).toEqual(readConfiguration({}));
  const uncommented = text.replaceAll(/^#(?=[a-z ]+:| {2}[a-z])/gim, "");
  expect(uncommented).toContain("\npeers: [TestRecorder]");
  expect(readConfiguration(fileWith(uncommented))).toEqual(readConfiguration({}));
});

test("with Janus, the peers are its rooms, and a secret is required", () => {
  const environment = { JANUS_URL: "ws://janus:8188", JANUS_SECRET: "s".repeat(16), RECORDER_PEER_ID: "C" };
  const janus = { url: environment.JANUS_URL, secret: environment.JANUS_SECRET, pin: undefined };
  expect(readConfiguration({ ...environment, JANUS_PIN: "" })).toMatchObject({ peers: ["1234"], janus });
  expect(readConfiguration({ ...environment, JANUS_ROOMS: "5, 6" })).toMatchObject({ peers: ["5", "6"] });
  expect(mistakes({ ...environment, JANUS_ROOMS: "5,x,5" })).toMatch(/JANUS_ROOMS.*is not a room number/);
  expect(mistakes({ ...environment, JANUS_ROOMS: "5,5" })).toContain("contains a room twice");
  expect(mistakes({ JANUS_URL: environment.JANUS_URL })).toContain("JANUS_SECRET: is required");
  expect(mistakes({ ...environment, JANUS_SECRET: "short" })).toContain("has fewer than 16 characters");
});

test("environment variables override the file", () => {
  const file = fileWith("peers: [A, B]\nmaxConcurrentRecorders: 5\nlogLevel: warn\n");
  expect(readConfiguration(file)).toMatchObject({ peers: ["A", "B"], maxConcurrentRecorders: 5, logLevel: "warn" });
  const environment = { RECORDER_PEER_ID: "C", MAX_CONCURRENT_RECORDERS: "7", LOG_LEVEL: "debug" };
  expect(readConfiguration({ ...file, ...environment })).toMatchObject({
    peers: ["C"],
    maxConcurrentRecorders: 7,
    logLevel: "debug",
  });
});

test("the first of several API keys is used", () => {
  const keys = "aaaaaaaa-0000-4000-8000-000000000000, bbbbbbbb-0000-4000-8000-000000000000";
  expect(readConfiguration({ SKYWAY_API_KEY: keys }).apiKey).toBe("aaaaaaaa-0000-4000-8000-000000000000");
});

describe("the API token", () => {
  test("is not required on loopback", () => {
    for (const address of ["", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "127.0.0.1,[::1]"]) {
      expect(readConfiguration({ BIND_ADDRESS: address }).apiToken).toBeUndefined();
    }
  });

  test("is required on any other address, and the message says what to set", () => {
    for (const address of [
      "0.0.0.0",
      "::",
      "[::]",
      "192.0.2.7",
      "recorder.example",
      "127.0.0.1,[::]",
      "0.0.0.0,[::1]",
    ]) {
      const text = mistakes({ BIND_ADDRESS: address });
      for (const word of ["API_TOKEN", "BIND_ADDRESS", address, ".env"]) expect(text).toContain(word);
    }
    const token = "0123456789abcdef";
    expect(readConfiguration({ BIND_ADDRESS: "0.0.0.0", API_TOKEN: token }).apiToken).toBe(token);
  });

  test("must be too long to guess, and is not in the message", () => {
    const text = mistakes({ API_TOKEN: "hunter2" });
    expect(text).toContain("API_TOKEN");
    expect(text).not.toContain("hunter2");
  });
});

describe("TRUSTED_PROXIES", () => {
  test("is a list of addresses and networks, empty by default", () => {
    expect(readConfiguration({}).trustedProxies).toEqual([]);
    const entries = ["10.0.0.7", "172.16.0.0/12", "2001:db8::/32"];
    expect(readConfiguration({ TRUSTED_PROXIES: entries.join(", ") }).trustedProxies).toEqual(entries);
  });

  test.each(["proxy.example", "10.0.0.0/33", "10.0.0.0/8/8", "2001:db8::/129", "10.0.0.7,,10.0.0.8", "/8"])(
    "is refused if it contains something else: %s",
    (entry) => {
      expect(mistakes({ TRUSTED_PROXIES: entry })).toContain("TRUSTED_PROXIES");
    },
  );
});

describe("all errors are reported at once, each with its location", () => {
  test.each([
    ["peers: TestRecorder", "config.yaml: peers:"],
    ["peers: [A, '../evil']", "config.yaml: peers[1]:"],
    ["peers: [A, A]", "config.yaml: peers: contains a peer twice"],
    ["peers:\n  - {id: 5}", "config.yaml: peers[0]:"],
    ["maxConcurrentRecorders: many", "config.yaml: maxConcurrentRecorders:"],
    ["maxConcurrentRecorders: 0", "config.yaml: maxConcurrentRecorders:"],
    ["recoders: 3", "recoders"],
    ["video:\n  codecs: [VP8, MPEG2]", "config.yaml: video.codecs[1]:"],
    ["video:\n  codec: [VP8]", "config.yaml: video"],
    ["tracks: seperate", "config.yaml: tracks:"],
    ["audio:\n  transcode: mp3", "config.yaml: audio.transcode:"],
    ["bandwidth:\n  perLegKbps: 50", "config.yaml: bandwidth.perLegKbps: is neither 0"],
    ["recorder:\n  memoryMebibytes: 1", "config.yaml: recorder.memoryMebibytes:"],
    ["peers: [A", "config.yaml: Flow sequence"],
    ["- a list", "config.yaml: Invalid input: expected object"],
    ["a: *nothing", "config.yaml: Unresolved alias"],
  ])("%j", (yaml, expected) => expect(mistakes(fileWith(yaml))).toContain(expected));

  test.each([
    ["MAX_CONCURRENT_RECORDERS", "-3"],
    ["MAX_CONCURRENT_RECORDERS", "ten"],
    ["LOG_LEVEL", "loud"],
    ["RECORDER_PEER_ID", "../evil"],
    ["SKYWAY_API_KEY", "SKYWAY API KEY"],
    ["GATEWAY_URL", "gateway"],
    ["PORT", "99999"],
  ])("%s=%s", (name, value) => expect(mistakes({ [name]: value })).toContain(`${name}: `));

  test("a missing file", () => {
    expect(mistakes({ CONFIG_FILE: join(folder, "nothing.yaml") })).toContain("nothing.yaml: ENOENT");
  });

  test("errors of the file and of the environment, together on one line", () => {
    const text = mistakes({ ...fileWith("peers: []\nlogLevel: loud"), LOG_LEVEL: "quiet", PORT: "x" });
    for (const place of ["peers", "logLevel", "LOG_LEVEL", "PORT"]) expect(text).toContain(place);
    expect(text).not.toContain("\n");
  });
});

describe("webhooks", () => {
  const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const URL_WITH_TOKEN = "https://hooks.example/T0K3N";

  test("come from the file, each with a secret or a secret file, and one comes from the environment", () => {
    const secretFile = join(folder, "secret");
    writeFileSync(secretFile, `${SECRET}\n`);
    const file = fileWith(`
webhooks:
  - { name: crm, url: "${URL_WITH_TOKEN}", secret: "${SECRET}", events: [call.ready] }
  - { url: "http://inside/", secretFile: "${secretFile}" }
`);
    const { webhooks } = readConfiguration({ ...file, WEBHOOK_URL: URL_WITH_TOKEN, WEBHOOK_SECRET: SECRET });
    expect(webhooks.map(({ name }) => name)).toEqual(["crm", expect.stringMatching(/^webhook-\w{8}$/), "environment"]);
    expect(webhooks.map(({ events }) => events)).toEqual([["call.ready"], undefined, undefined]);
    expect(webhooks.map((one) => one.secrets().key)).toEqual(Array(3).fill(Buffer.alloc(32, 7)));
  });

  test.each([
    [`[{ url: "${URL_WITH_TOKEN}" }]`, "webhooks[0]: needs either secret or secretFile"],
    [`[{ url: "ftp://T0K3N/", secret: "${SECRET}" }]`, "webhooks[0].url: is not an http or https URL"],
    [`[{ url: "https://a:T0K3N@b/", secret: "${SECRET}" }]`, "webhooks[0].url: must not contain a user name"],
    [`[{ url: "${URL_WITH_TOKEN}", secret: T0K3N }]`, "webhooks[0]: the secret is not whsec_"],
    [`[{ url: "${URL_WITH_TOKEN}", secretFile: /nowhere }]`, "cannot be read (ENOENT)"],
    [`[{ url: "${URL_WITH_TOKEN}", secret: "${SECRET}", events: [call.dreamt] }]`, "webhooks[0].events[0]"],
  ])("with an error are reported without the given value: %s", (webhooks, words) => {
    const text = mistakes(fileWith(`webhooks: ${webhooks}\n`));
    expect(text).toContain(words);
    expect(text).not.toContain("T0K3N");
  });
});
