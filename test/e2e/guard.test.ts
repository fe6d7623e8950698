import { defaultRecorderLimit } from "@skyway-call-recorder/process/recorderLimit.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { recorderContainers, removeRecorderContainers } from "../bundle/containers.ts";
import { type Answer, requestText, talkToGuard } from "../bundle/guardTalk.ts";
import { runOrThrow } from "../bundle/run.ts";
import { MEDIA_PORT, PROJECT, RECORDER_IMAGE, RECORDINGS_VOLUME } from "../bundle/settings.ts";
import { expectAllHealthy, expectNothingLeft, untilAllHealthy } from "./expectations.ts";

const NETWORK = `${PROJECT}_recorders`;
const PROJECT_LABEL = "io.skyway-call-recorder.project";
const RECORDER_ID = "leg_escape-p1";
const NAME = `${PROJECT}-recorder-${RECORDER_ID}`;
const MEMORY_BYTES = 64 * 1024 * 1024;
const CREATE = `/v1.41/containers/create?name=${NAME}`;

interface Shape {
  [field: string]: unknown;
  HostConfig: Record<string, unknown>;
}

let imageId: string;
/** A container of the same host that is not a recorder. */
let foreign: string;

beforeAll(async () => {
  await untilAllHealthy();
  const inspect = async (...args: string[]) => (await runOrThrow("docker", ["inspect", ...args])).trim();
  imageId = await inspect("--format", "{{.Id}}", "--type", "image", RECORDER_IMAGE);
  foreign = await inspect("--format", "{{.Id}}", `${PROJECT}-web-1`);
});

/** The orchestrator's own request. */
const shape = (): Shape => ({
  Image: imageId,
  Cmd: ["record", RECORDER_ID, "audio=djA="],
  User: "10001:10001",
  Labels: {
    [PROJECT_LABEL]: PROJECT,
    "io.skyway-call-recorder.role": "recorder",
    "io.skyway-call-recorder.recorder-id": RECORDER_ID,
  },
  HostConfig: {
    Init: true,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    ReadonlyRootfs: true,
    NetworkMode: "none",
    Memory: MEMORY_BYTES,
    MemorySwap: MEMORY_BYTES,
    NanoCpus: 100_000_000,
    PidsLimit: 16,
    Tmpfs: { "/tmp": "size=16m" },
    Mounts: [{ Type: "volume", Source: RECORDINGS_VOLUME, Target: "/recordings" }],
    LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
  },
});
const withField = (field: object) => ({ ...shape(), ...field });
const withHost = (field: object) => ({ ...shape(), HostConfig: { ...shape().HostConfig, ...field } });
const mount = (fields: object) =>
  withHost({ Mounts: [{ Type: "bind", Source: "/", Target: "/recordings", ...fields }] });
const create = (body: unknown, headers?: string[]) => requestText("POST", CREATE, body, headers);
const createAs = (name: string, body: unknown) => requestText("POST", `/v1.41/containers/create?name=${name}`, body);
const chunked = (text: string) =>
  `POST ${CREATE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${[
    ...text.matchAll(/.{1,64}/gs),
  ]
    .map(([part]) => `${part.length.toString(16)}\r\n${part}\r\n`)
    .join("")}0\r\n\r\n`;

/** Sends all requests of a table at once, because entering the container is slow. */
async function expectRefusals(table: Record<string, string>): Promise<void> {
  const answers = await talkToGuard(Object.values(table));
  for (const [index, what] of Object.keys(table).entries()) expectRefusal(answers[index], what);
  expect((await recorderContainers()).map(({ Names }) => Names)).not.toContain(NAME);
}

function expectRefusal(answer: Answer | undefined, what: string): void {
  expect(answer?.status, `${what}: ${answer?.body}`).toBeGreaterThanOrEqual(400);
  expect(answer?.status, `${what}: ${answer?.body}`).toBeLessThan(500);
  // Node's HTTP parser refuses malformed requests with an empty body.
  if (answer?.body !== "") expect(answer?.body, what).toMatch(/docker-guard: |No such container/);
}

test("a compromised orchestrator can create only recorder containers", async () => {
  await expectRefusals({
    privileged: create(withHost({ Privileged: true })),
    "privileged, in another case": create({ ...shape(), hostconfig: { Privileged: true } }),
    "privileged, in another case, inside": create(withHost({ privileged: true })),
    "host network": create(withHost({ NetworkMode: "host" })),
    "another container's network": create(withHost({ NetworkMode: `container:${foreign}` })),
    "the bundle's control network": create(withHost({ NetworkMode: `${PROJECT}_control` })),
    "more networks": create(withField({ NetworkingConfig: { EndpointsConfig: { [`${PROJECT}_engine`]: {} } } })),
    "host processes": create(withHost({ PidMode: "host" })),
    "host IPC": create(withHost({ IpcMode: "host" })),
    "host users": create(withHost({ UsernsMode: "host" })),
    "host names": create(withHost({ UTSMode: "host" })),
    "host cgroups": create(withHost({ CgroupnsMode: "host" })),
    binds: create(withHost({ Binds: ["/:/recordings"] })),
    "a mount of the host": create(mount({})),
    "a mount of the socket": create(mount({ Source: "/var/run/docker.sock" })),
    "another volume": create(mount({ Type: "volume", Source: "other" })),
    "a volume that is a bind": create(
      mount({
        Type: "volume",
        Source: RECORDINGS_VOLUME,
        VolumeOptions: { DriverConfig: { Options: { device: "/" } } },
      }),
    ),
    "a second mount": create(
      withHost({
        Mounts: [...(shape().HostConfig["Mounts"] as object[]), { Type: "bind", Source: "/", Target: "/host" }],
      }),
    ),
    "volumes from others": create(withHost({ VolumesFrom: [foreign] })),
    volumes: create(withField({ Volumes: { "/host": {} } })),
    devices: create(withHost({ Devices: [{ PathOnHost: "/dev/mem", PathInContainer: "/dev/mem" }] })),
    "device rules": create(withHost({ DeviceCgroupRules: ["a *:* rwm"] })),
    capabilities: create(withHost({ CapAdd: ["SYS_ADMIN"] })),
    "no dropped capabilities": create(withHost({ CapDrop: [] })),
    "no seccomp": create(withHost({ SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] })),
    "a writable root": create(withHost({ ReadonlyRootfs: false })),
    sysctls: create(withHost({ Sysctls: { "kernel.core_pattern": "|/x" } })),
    "another runtime": create(withHost({ Runtime: "other" })),
    "a cgroup parent": create(withHost({ CgroupParent: "/" })),
    ports: create(withHost({ PortBindings: { "80/tcp": [{ HostPort: "80" }] } })),
    "an endless restart policy": create(withHost({ RestartPolicy: { Name: "always" } })),
    "memory without a limit": create(withHost({ Memory: 0 })),
    "more memory": create(withHost({ Memory: 1e12 })),
    "processes without a limit": create(withHost({ PidsLimit: -1 })),
    "mount options of tmpfs": create(withHost({ Tmpfs: { "/tmp": "exec,size=1g;x" } })),
    "executable scratch space": create(withHost({ Tmpfs: { "/tmp": "size=16m,exec" } })),
    "scratch space without a limit": create(withHost({ Tmpfs: { "/tmp": "" } })),
    "the engine's log configuration": create(withHost({ LogConfig: undefined })),
    "more swap": create(withHost({ MemorySwap: 2 ** 31 })),
    "more memory than a recorder's": create(withHost({ Memory: 2 ** 30, MemorySwap: 2 ** 30 })),
    "the name of a service": createAs(`${PROJECT}-web-2`, shape()),
    "the name of another program": createAs("signaling", shape()),
    "the name of another recorder": createAs(`${PROJECT}-recorder-leg_other-p1`, shape()),
    "a name of the engine's choice": requestText("POST", "/v1.41/containers/create", shape()),
    root: create(withField({ User: "0:0" })),
    "another image": create(withField({ Image: "debian:trixie-slim" })),
    "our image by name": create(withField({ Image: RECORDER_IMAGE })),
    "another command": create(withField({ Cmd: ["sh", "-c", "id"] })),
    "an entry point": create(withField({ Entrypoint: ["sh"] })),
    "a health check": create(withField({ Healthcheck: { Test: ["CMD-SHELL", "id"] } })),
    environment: create(withField({ Env: ["LD_PRELOAD=/recordings/x.so"] })),
    "labels of Compose": create(
      withField({ Labels: { ...(shape()["Labels"] as object), "com.docker.compose.service": "orchestrator" } }),
    ),
    "no label": create(withField({ Labels: {} })),
    "a prototype": create('{"__proto__":{"Privileged":true}}'),
    "chunks of a privileged one": chunked(JSON.stringify(withHost({ Privileged: true }))),
    "two bodies": `${create(shape(), ["Transfer-Encoding: chunked"])}`,
    "two lengths": create(shape(), ["Content-Length: 5"]),
    "invalid JSON": create("{"),
    "deeply nested JSON": create("[".repeat(60_000)),
    "a megabyte": create(JSON.stringify(withField({ Cmd: ["assemble", "x".repeat(1024 * 1024)] }))),
  });
});

test("and cannot do anything else with the engine", async () => {
  const get = (target: string) => requestText("GET", target);
  const post = (target: string, body?: unknown) => requestText("POST", target, body);
  await expectRefusals({
    "exec in another container": post(`/containers/${foreign}/exec`, { Cmd: ["id"] }),
    "exec start": post("/exec/abc/start", {}),
    attach: post(`/containers/${foreign}/attach?stream=1`),
    archive: get(`/containers/${foreign}/archive?path=/`),
    export: get(`/containers/${foreign}/export`),
    commit: post(`/commit?container=${foreign}`),
    "inspect another container": get(`/containers/${foreign}/json`),
    "inspect it by its name": get(`/containers/${PROJECT}-web-1/json`),
    "inspect it by the start of its id": get(`/containers/${foreign.slice(0, 12)}/json`),
    "kill it": post(`/containers/${foreign}/kill?signal=SIGKILL`),
    "stop it": post(`/containers/${foreign}/stop`),
    "restart it": post(`/containers/${foreign}/restart`),
    "rename it": post(`/containers/${foreign}/rename?name=x`),
    "update it": post(`/containers/${foreign}/update`, {}),
    "remove it": requestText("DELETE", `/containers/${foreign}?force=1&v=1`),
    "read its log": get(`/containers/${foreign}/logs?stdout=1`),
    "stop the orchestrator": post(`/containers/${PROJECT}-orchestrator-1/stop`),
    "stop the guard": post(`/containers/${PROJECT}-docker-guard-1/stop`),
    images: get("/images/json"),
    "another image": get("/images/debian:trixie-slim/json"),
    "pull an image": post("/images/create?fromImage=debian"),
    "build an image": post("/build"),
    "load an image": post("/images/load"),
    "remove an image": requestText("DELETE", `/images/${RECORDER_IMAGE}`),
    volumes: get("/volumes"),
    "create a volume": post("/volumes/create", { Name: "x" }),
    networks: get("/networks"),
    "another network": get("/networks/bridge"),
    "connect a network": post(`/networks/${NETWORK}/connect`, { Container: foreign }),
    plugins: get("/plugins"),
    "install a plugin": post("/plugins/pull?remote=x"),
    swarm: post("/swarm/init", {}),
    secrets: get("/secrets"),
    info: get("/info"),
    events: get("/events"),
    prune: post("/containers/prune"),
    "empty segments": get("//containers/json"),
    "dot segments": get(`/_ping/../containers/${foreign}/json`),
    "escaped dots": get(`/_ping/%2e%2e/containers/${foreign}/json`),
    "escaped slashes": get(`/containers/x%2f..%2f${foreign}/json`),
    "an escaped letter": get("/%69nfo"),
    "a version twice": get("/v1.41/v1.41/info"),
    "an invalid version": get("/v9/info"),
    "a version and dot segments": get(`/v1.41/../containers/${foreign}/json`),
    backslashes: get(`\\containers\\${foreign}\\json`),
    "an absolute URL": get(`http://docker/containers/${foreign}/json`),
    "a fragment": get(`/_ping#/../containers/${foreign}/json`),
    "a line break": get("/_ping%0d%0aGET%20/info"),
    "another method": requestText("PUT", `/containers/${foreign}/archive?path=/`, "x"),
    "a special method": requestText("CONNECT", "docker:80"),
    upgrade: `POST /containers/${foreign}/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
    "upgrade to HTTP/2": "GET /grpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "HTTP/2 at once": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a repeated parameter": get("/containers/json?all=1&all=0"),
    "invalid filters": get("/containers/json?filters=x"),
    "an unexpected body": post(`/containers/${foreign}/stop`, { HostConfig: {} }),
  });
  await expectAllHealthy();
});

test("and cannot create more containers than the configuration needs", async () => {
  const limit = 2 * defaultRecorderLimit() + 40;
  const bodyOf = (id: string) => {
    const labels = { ...(shape()["Labels"] as object), "io.skyway-call-recorder.recorder-id": id };
    return { ...shape(), Cmd: ["record", id, "audio=djA="], Labels: labels };
  };
  const ids = Array.from({ length: limit + 10 }, (_, index) => `leg_${index}-p1`);
  try {
    const answers = await talkToGuard(ids.map((id) => createAs(`${PROJECT}-recorder-${id}`, bodyOf(id))));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(limit);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  } finally {
    await removeRecorderContainers();
  }
  await expectNothingLeft();
});

describe("what the guard allows", () => {
  test("is a recorder, even if its description has a duplicate key", async () => {
    const good = JSON.stringify(shape());
    const twice = good.replace('"HostConfig":', '"HostConfig":{"Privileged":true,"PidMode":"host"},"HostConfig":');
    const [created] = await talkToGuard([create(twice)]);
    try {
      expect(created?.status, created?.body).toBe(201);
      const facts = "{{.HostConfig.Privileged}} {{.HostConfig.PidMode}} {{.HostConfig.CapDrop}}";
      expect((await runOrThrow("docker", ["inspect", "--format", facts, NAME])).trim()).toBe("false  [ALL]");
    } finally {
      const [removed] = await talkToGuard([requestText("DELETE", `/containers/${NAME}?force=1`)]);
      expect(removed?.status).toBe(204);
    }
    await expectNothingLeft();
  });

  test("is the list of gateways, with only their addresses and ports", async () => {
    const labels = (project: string, service: string) => [
      `com.docker.compose.project=${project}`,
      `com.docker.compose.service=${service}`,
    ];
    const list = (label: string[]) =>
      requestText("GET", `/containers/json?filters=${encodeURIComponent(JSON.stringify({ label }))}`);
    const [gateways, ...others] = await talkToGuard([
      list(labels(PROJECT, "skyway-webrtc-gateway")),
      list(labels(PROJECT, "web")),
      list(labels("other", "skyway-webrtc-gateway")),
      list([...labels(PROJECT, "skyway-webrtc-gateway"), "x"]),
    ]);
    // Answers are chunked, so chunk lengths are between the lines.
    const listed = (answer: Answer | undefined) => JSON.parse(/^\[.*\]$/m.exec(answer?.body ?? "")?.[0] ?? "null");
    const [gateway, ...more] = listed(gateways);
    expect(more).toEqual([]);
    expect(Object.keys(gateway).sort()).toEqual(["Id", "NetworkSettings", "Ports"]);
    expect(gateway.Ports).toEqual([{ IP: "127.0.0.1", PrivatePort: 40_000, PublicPort: MEDIA_PORT, Type: "udp" }]);
    for (const other of others) expect(listed(other)).toEqual([]);
  });

  test("is the list of this bundle's recorders, with any filter", async () => {
    const filters = [
      {},
      { label: [`${PROJECT_LABEL}=other`] },
      { label: { a: true } },
      { name: ["web"] },
      { id: [foreign] },
    ];
    const asked = filters.map((one) => `&filters=${encodeURIComponent(JSON.stringify(one))}`);
    const answers = await talkToGuard(
      ["", ...asked].map((query) => requestText("GET", `/containers/json?all=1${query}`)),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).not.toContain(foreign);
      expect(body).not.toContain("compose");
    }
  });
});
