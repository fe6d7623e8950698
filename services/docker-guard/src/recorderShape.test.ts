import { describe, expect, test } from "vitest";
import { recorderShape } from "./recorderShape.ts";
import { type Body, containerBody, FACTS, JOB, type Json } from "./shapes.fixture.ts";

/** A recorder as the orchestrator requests it. */
function recorder(): Body {
  const labels = { "io.skyway-call-recorder.role": "recorder", "io.skyway-call-recorder.recorder-id": "leg_1-p1" };
  return containerBody(FACTS.imageId, ["record", "leg_1-p1", "audio=djA="], labels, {
    NetworkMode: FACTS.network,
    Memory: 268_435_456,
    MemorySwap: 268_435_456,
    NanoCpus: 1_000_000_000,
    PidsLimit: 64,
  });
}

const passes = (body: unknown) => recorderShape(FACTS).safeParse(body).success;

test("a recorder, and an assembler without network, are allowed", () => {
  expect(passes(recorder())).toBe(true);
  const assembler = recorder();
  assembler["Cmd"] = ["assemble", "leg_1-p1", "format=webm", "title=日本語"];
  assembler.HostConfig["NetworkMode"] = "none";
  assembler.Labels["io.skyway-call-recorder.role"] = "assembler";
  expect(passes(assembler)).toBe(true);
});

describe("anything else is refused", () => {
  test.each<[string, Json]>([
    ["another image", { Image: "alpine" }],
    ["the image by its name", { Image: "skyway-call-recorder/recorder:latest" }],
    ["another command", { Cmd: ["bash", "-c", "id"] }],
    ["a command without its id", { Cmd: ["record"] }],
    ["a command with a line break", { Cmd: ["assemble", "leg_1-p1", "title=a\nb"] }],
    ["an entry point", { Entrypoint: ["bash"] }],
    ["an environment", { Env: ["LD_PRELOAD=/recordings/x.so"] }],
    ["root", { User: "0:0" }],
    ["no user", { User: undefined }],
    ["a volume of its own", { Volumes: { "/x": {} } }],
    ["a working folder", { WorkingDir: "/recordings" }],
    ["a health check", { Healthcheck: { Test: ["CMD", "id"] } }],
    ["a second network", { NetworkingConfig: { EndpointsConfig: { bridge: {} } } }],
    ["labels of Compose", { Labels: { ...recorder().Labels, "com.docker.compose.service": "orchestrator" } }],
    ["another project's label", { Labels: { ...recorder().Labels, "io.skyway-call-recorder.project": "other" } }],
    ["no label", { Labels: {} }],
    ["another recorder's id", { Labels: { ...recorder().Labels, "io.skyway-call-recorder.recorder-id": "leg_2-p1" } }],
    ["the role of a job", { Labels: { ...recorder().Labels, "io.skyway-call-recorder.role": "job" } }],
    ["a job's command", { Cmd: ["compose", JOB] }],
    ["the role of an assembler", { Labels: { ...recorder().Labels, "io.skyway-call-recorder.role": "assembler" } }],
    ["an assembler in the network", { Cmd: ["assemble", "leg_1-p1", "format=webm"] }],
    ["a host name", { Hostname: "signaling" }],
    ["a domain name", { Domainname: "x" }],
    ["a MAC address", { MacAddress: "02:42:ac:11:00:02" }],
    ["a terminal", { Tty: true }],
    ["a shell", { Shell: ["bash", "-c"] }],
    ["exposed ports", { ExposedPorts: { "80/tcp": {} } }],
  ])("%s", (_what, change) => expect(passes({ ...recorder(), ...change })).toBe(false));

  test.each<[string, Json]>([
    ["privileged", { Privileged: true }],
    ["privileged set to false", { Privileged: false }],
    ["a bind", { Binds: ["/:/host"] }],
    ["the socket as a mount", { Mounts: [{ Type: "bind", Source: "/var/run/docker.sock", Target: "/recordings" }] }],
    [
      "a second mount",
      { Mounts: [...(recorder().HostConfig["Mounts"] as Json[]), { Type: "bind", Source: "/", Target: "/h" }] },
    ],
    ["bind propagation", { Mounts: [{ ...(recorder().HostConfig["Mounts"] as Json[])[0], BindOptions: {} }] }],
    [
      "a volume driver's options",
      { Mounts: [{ ...(recorder().HostConfig["Mounts"] as Json[])[0], VolumeOptions: {} }] },
    ],
    ["the host's network", { NetworkMode: "host" }],
    ["another container's network", { NetworkMode: "container:abc" }],
    ["the host's processes", { PidMode: "host" }],
    ["the host's IPC", { IpcMode: "host" }],
    ["the host's users", { UsernsMode: "host" }],
    ["the host's UTS", { UTSMode: "host" }],
    ["a capability", { CapAdd: ["SYS_ADMIN"] }],
    ["no dropped capabilities", { CapDrop: [] }],
    ["an unconfined profile", { SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] }],
    ["a device", { Devices: [{ PathOnHost: "/dev/sda", PathInContainer: "/dev/sda", CgroupPermissions: "rwm" }] }],
    ["device rules", { DeviceCgroupRules: ["a *:* rwm"] }],
    ["volumes from another", { VolumesFrom: ["orchestrator"] }],
    ["a writable root", { ReadonlyRootfs: false }],
    ["more memory than the limit", { Memory: 64 * 1024 ** 3 }],
    ["no process limit", { PidsLimit: -1 }],
    ["a runtime", { Runtime: "other" }],
    ["system settings", { Sysctls: { "kernel.shm_rmid_forced": "1" } }],
    ["a log driver", { LogConfig: { Type: "syslog", Config: {} } }],
    ["published ports", { PortBindings: { "5000/udp": [{ HostPort: "5000" }] } }],
    ["a restart policy", { RestartPolicy: { Name: "always" } }],
    ["a cgroup parent", { CgroupParent: "/" }],
    ["scratch space that is executable", { Tmpfs: { "/tmp": "size=16m,exec" } }],
    ["scratch space with its own owner and set-user-id bits", { Tmpfs: { "/tmp": "uid=0,suid,dev" } }],
    ["scratch space without a limit", { Tmpfs: { "/tmp": "" } }],
    ["more scratch space", { Tmpfs: { "/tmp": "size=100g" } }],
    ["no scratch space", { Tmpfs: undefined }],
    ["CPU shares", { CpuShares: 2048 }],
    ["a recorder with more memory than is configured", { Memory: 268_435_457, MemorySwap: 268_435_457 }],
    ["swap", { MemorySwap: 536_870_912 }],
    ["any amount of swap", { MemorySwap: undefined }],
    ["no log limits", { LogConfig: undefined }],
    ["the engine's default log driver", { LogConfig: {} }],
    ["a larger log", { LogConfig: { Type: "json-file", Config: { "max-size": "99m", "max-file": "9" } } }],
    ["a log with tags", { LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1", tag: "x" } } }],
    ["an init of its own", { Init: false }],
    ["removal at its end", { AutoRemove: true }],
    ["executable scratch space elsewhere", { Tmpfs: { "/etc": "size=1m" } }],
  ])("%s", (_what, change) => {
    const body = recorder();
    expect(passes({ ...body, HostConfig: { ...body.HostConfig, ...change } })).toBe(false);
  });
});
