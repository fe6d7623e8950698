import { expect, test } from "vitest";
import { gatewayList } from "./gatewayList.ts";

test("callers see only the id, addresses and ports of a gateway's container", () => {
  const [visible] = gatewayList.parse([
    {
      Id: "4f1c",
      Names: ["/scr-skyway-webrtc-gateway-1"],
      Image: "gateway:latest",
      Command: "node src/main.ts --secret",
      Labels: { "com.docker.compose.project.working_dir": "/home/ada" },
      Mounts: [{ Source: "/home/ada/.ssh" }],
      State: "running",
      HostConfig: { NetworkMode: "front" },
      Ports: [{ IP: "127.0.0.1", PrivatePort: 40_000, PublicPort: 40_003, Type: "udp", Else: 1 }],
      NetworkSettings: { Networks: { control: { IPAddress: "10.0.0.4", Gateway: "10.0.0.1", MacAddress: "02:42" } } },
    },
  ]);
  expect(visible).toEqual({
    Id: "4f1c",
    Ports: [{ IP: "127.0.0.1", PrivatePort: 40_000, PublicPort: 40_003, Type: "udp" }],
    NetworkSettings: { Networks: { control: { IPAddress: "10.0.0.4" } } },
  });
});
