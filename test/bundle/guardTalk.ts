import { z } from "zod";
import { composeOrThrow } from "./compose.ts";

const Answers = z.array(z.object({ status: z.number(), body: z.string() }));
export type Answer = z.infer<typeof Answers>[number];

/** Runs in the orchestrator's container: sends each text unchanged to docker-guard, each over its own connection. */
const TALK = `
const { connect } = require("node:net");
const { hostname, port } = new URL(process.env.DOCKER_HOST.replace("tcp:", "http:"));
const say = (text) => new Promise((resolve) => {
  let answer = "";
  const socket = connect(Number(port), hostname, () => socket.write(text));
  socket.setTimeout(5000, () => socket.destroy());
  socket.on("data", (chunk) => { answer += chunk; });
  socket.on("error", () => {});
  socket.on("close", () => {
    const [head = "", ...body] = answer.split("\\r\\n\\r\\n");
    resolve({ status: Number(head.split(" ")[1] ?? 0), body: body.join("\\r\\n\\r\\n") });
  });
});
let input = "";
process.stdin.on("data", (chunk) => { input += chunk; }).on("end", async () => {
  const answers = [];
  for (const text of JSON.parse(input)) answers.push(await say(text));
  console.log(JSON.stringify(answers));
});`;

/** Sends raw requests to docker-guard, as a compromised orchestrator could, and returns the answers. */
export async function talkToGuard(requests: readonly string[]): Promise<Answer[]> {
  const input = JSON.stringify(requests);
  const said = await composeOrThrow(["exec", "-T", "orchestrator", "node", "-e", TALK], { input });
  return Answers.parse(JSON.parse(said));
}

/** The text of an ordinary HTTP request. */
export function requestText(method: string, target: string, body?: unknown, headers: readonly string[] = []): string {
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const head = [`${method} ${target} HTTP/1.1`, "Host: docker-guard", "Connection: close", ...headers];
  if (body !== undefined) head.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(text)}`);
  return `${head.join("\r\n")}\r\n\r\n${text}`;
}
