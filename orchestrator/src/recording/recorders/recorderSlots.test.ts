import { beforeEach, expect, test } from "vitest";
import { RecorderError } from "../../errors.ts";
import { RecorderSlots } from "./recorderSlots.ts";

let running: string[] | Error;
let slots: RecorderSlots;

beforeEach(() => {
  running = [];
  slots = new RecorderSlots({
    async running() {
      if (running instanceof Error) throw running;
      return running;
    },
  });
});

test("a recorder occupies one slot from its start to its end", async () => {
  slots.starting("r1");
  expect(slots.occupied).toBe(1);
  slots.followed("r1");
  running = ["r1"];
  await slots.look();
  expect(slots.occupied).toBe(1);
  slots.free("r1");
  expect(slots.occupied).toBe(0);
});

test("a recorder whose end was never noticed occupies no slot", async () => {
  slots.starting("r1");
  slots.followed("r1");
  await slots.look();
  expect(slots.occupied).toBe(0);
});

test("a recorder that the engine does not list is told to look, once", async () => {
  const gone: string[] = [];
  slots = new RecorderSlots({ running: async () => running as string[] }, (name) => gone.push(name));
  running = ["r1"];
  for (const name of ["r1", "r2"]) slots.followed(name);
  await slots.look();
  await slots.look();
  expect(gone).toEqual(["r2"]);
});

test("a recorder that is being started keeps its slot before the engine lists it", async () => {
  slots.starting("r1");
  await slots.look();
  expect(slots.occupied).toBe(1);
});

test("a recorder that started while the engine was asked keeps its slot", async () => {
  const looking = slots.look();
  slots.starting("r1");
  slots.followed("r1");
  await looking;
  expect(slots.occupied).toBe(1);
});

test("a container that runs and that nobody follows occupies a slot", async () => {
  running = ["left"];
  await slots.look();
  expect([slots.occupied, slots.running]).toEqual([1, 1]);
});

test("an engine that does not answer changes nothing", async () => {
  slots.starting("r1");
  slots.followed("r1");
  running = new RecorderError("DOCKER_UNREACHABLE");
  await expect(slots.look()).rejects.toThrow();
  expect(slots.occupied).toBe(1);
});
