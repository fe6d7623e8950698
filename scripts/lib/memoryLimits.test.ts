import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OVERLAYS = readdirSync(`${ROOT}/compose`).filter((name) => name.endsWith(".yml"));
/** Images in place of the gateway; they keep its limit. */
const REPLACEMENTS = ["skyway-webrtc-gateway"];

interface Service {
  image?: string;
  mem_limit?: string;
}

test.each(["docker-compose.yml", ...OVERLAYS.map((name) => `compose/${name}`)])(
  "every service of %s has a memory limit",
  (file) => {
    // Compose's own tags (!override) are not needed here.
    const text = readFileSync(`${ROOT}/${file}`, "utf8").replaceAll("!override", "");
    const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };

    const unlimited = Object.entries(services)
      .filter(
        ([name, { image, mem_limit }]) =>
          image && !mem_limit && !(file.startsWith("compose/") && REPLACEMENTS.includes(name)),
      )
      .map(([name]) => name);

    expect(unlimited).toEqual([]);
  },
);
