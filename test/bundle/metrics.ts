import { composeOrThrow } from "./compose.ts";

const PORTS = { orchestrator: 3000, "skyway-webrtc-gateway": 8000, signaling: 9000, "docker-guard": 9323 } as const;

export type Samples = ReadonlyMap<string, number>;

/** What a service tells Prometheus, each sample by its name and labels, read where Prometheus reads it: inside. */
export async function scrape(service: keyof typeof PORTS): Promise<Samples> {
  const script = `fetch("http://127.0.0.1:${PORTS[service]}/metrics").then(async (r) => console.log(await r.text()))`;
  const text = await composeOrThrow(["exec", "-T", service, "node", "-e", script]);
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (name && value) samples.set(name, Number(value));
  }
  return samples;
}

/** By how much all samples of a name have risen that have a label (`name="value"`), or whatever their labels. */
export function rise(name: string, before: Samples, after: Samples, label = ""): number {
  return total(name, after, label) - total(name, before, label);
}

function total(name: string, samples: Samples, label: string): number {
  let sum = 0;
  for (const [key, value] of samples) {
    if ((key === name || key.startsWith(`${name}{`)) && key.includes(label)) sum += value;
  }
  return sum;
}
