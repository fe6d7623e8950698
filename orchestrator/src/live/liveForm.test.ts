import { expect, test } from "vitest";
import { LiveConfiguration, liveOrderOf } from "./liveForm.ts";
import { pushOrder } from "./pushTarget.ts";

const outputs = (configured: object, ...metadata: unknown[]) =>
  liveOrderOf(LiveConfiguration.parse(configured), metadata)?.form.outputs;

test("calls are shown as configured, and not at all where nothing is", () => {
  expect(outputs({})).toBe(undefined);
  expect(outputs({ outputs: ["hls", "dash"] }, { live: false })).toEqual(["hls", "dash"]);
});

test.each<[unknown, string[] | undefined]>([
  [{ live: "dash" }, ["dash"]],
  [{ live: ["hls"] }, ["hls"]],
  [{ live: false }, undefined],
  [{ live: "rtmp://elsewhere" }, undefined],
  [{}, ["hls", "dash"]],
  ["text", ["hls", "dash"]],
])("callers may choose: %j", (metadata, expected) => {
  expect(outputs({ outputs: ["hls", "dash"], callersChoose: true }, "", metadata)).toEqual(expected);
});

test("callers choose of what is configured", () => {
  expect(outputs({ outputs: ["hls"], callersChoose: true }, { live: "dash" })).toBe(undefined);
});

test.each([{ outputs: ["rtmp"] }, { outputs: ["hls", "hls"] }, { outputs: ["hls"], width: 641 }, { frameRate: 60 }])(
  "%j is a mistake",
  (configured) => expect(LiveConfiguration.safeParse(configured).success).toBe(false),
);

const TV = { name: "tv", url: "rtmps://live.example/app/second", key: "s3cret" };
const LAB = {
  name: "lab",
  url: "srt://10.0.0.7:9000",
  streamId: "#!::r=call",
  passphrase: "long enough".replace(" ", "-"),
};

test("a server is handed one call at a time, and callers may choose which", () => {
  const configuration = LiveConfiguration.parse({ push: [TV, LAB], callersChoose: true });
  expect(liveOrderOf(configuration, [])?.pushes).toEqual(["tv", "lab"]);
  expect(liveOrderOf(configuration, [], ["tv"])?.pushes).toEqual(["lab"]);
  expect(liveOrderOf(configuration, [{ live: ["hls", "lab"] }])?.pushes).toEqual(["lab"]);
  expect(liveOrderOf(configuration, [{ live: "lab" }], ["lab"])).toBe(undefined);
});

test("what is secret about a server is an option, and not in its address", () => {
  expect(pushOrder(TV)).toEqual({
    ...{ name: "tv", url: TV.url, format: "flv" },
    options: { rtmp_app: "app/second", rtmp_playpath: "s3cret" },
  });
  expect(pushOrder(LAB)).toMatchObject({ format: "mpegts", options: { streamid: LAB.streamId } });
});

test.each([
  { ...TV, url: "rtmp://user:password@live.example/app" },
  { ...TV, url: "rtmp://live.example/app?key=s3cret" },
  { ...TV, url: "https://live.example/app" },
  { ...TV, key: "two words" },
  { name: "tv", url: TV.url },
  { ...LAB, url: "srt://10.0.0.7:9000?passphrase=x" },
  { ...LAB, passphrase: "short" },
])("%j is no server", (target) => expect(LiveConfiguration.safeParse({ push: [target] }).success).toBe(false));
