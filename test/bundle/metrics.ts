import { composeOrThrow } from "./compose.ts";

const PORTS = { orchestrator: 3000, "skyway-webrtc-gateway": 8000, signaling: 9000, "docker-guard": 9323 } as const;

type Service = keyof typeof PORTS;
export type Samples = ReadonlyMap<string, number>;

/** A service's Prometheus samples by name and labels, read inside its container, as its port is not published. */
export async function scrape(service: Service): Promise<Samples> {
  const text = await metricsOf(service);
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (name && value) samples.set(name, Number(value));
  }
  return samples;
}

/** Names of all metrics of a service. Metrics with labels have no samples before their first count. */
export async function metricNames(service: Service): Promise<string[]> {
  const text = await metricsOf(service);
  return [...text.matchAll(/^# TYPE (\S+)|^([a-z_]+)/gm)].map(([, declared, sampled]) => declared ?? sampled ?? "");
}

function metricsOf(service: Service): Promise<string> {
  const script = `fetch("http://127.0.0.1:${PORTS[service]}/metrics").then(async (r) => console.log(await r.text()))`;
  return composeOrThrow(["exec", "-T", service, "node", "-e", script]);
}

/** The increase of all samples of a metric, by default with any labels, or only those with a label (`name="value"`). */
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
