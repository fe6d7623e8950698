import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { expect, test } from "vitest";
import { cycloneDx } from "./cycloneDx.ts";
import { debianPackages } from "./debianPackages.ts";

const STATUS = `Package: libssl3t64
Status: install ok installed
Architecture: amd64
Version: 3.5.1-1+deb13u1
Description: Secure Sockets Layer toolkit
 Version: of this library, which is not a field

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: tzdata
Status: install ok installed
Architecture: all
Version: 2:2026a-0
`;
const NPM = {
  components: [
    { type: "library", "bom-ref": "ws@8.18.0", name: "ws", version: "8.18.0", purl: "pkg:npm/ws@8.18.0" },
    { type: "library", "bom-ref": "pino@10.4.0", name: "pino", version: "10.4.0", purl: "pkg:npm/pino@10.4.0" },
  ],
  dependencies: [
    { ref: "the-workspace@0.1.0", dependsOn: ["pino@10.4.0"] },
    { ref: "pino@10.4.0", dependsOn: ["ws@8.18.0"] },
  ],
};
const IMAGE_ID = `sha256:${"0a".repeat(32)}`;

const whole = () =>
  cycloneDx(
    { name: "signaling", imageId: IMAGE_ID, npm: NPM, debian: debianPackages(STATUS), node: "24.21.0" },
    new Date("2026-01-01T00:00:00Z"),
  );

test("dpkg's status lists installed packages, not removed ones", () => {
  expect(debianPackages(STATUS)).toEqual([
    { name: "libssl3t64", version: "3.5.1-1+deb13u1", architecture: "amd64" },
    { name: "tzdata", version: "2:2026a-0", architecture: "all" },
  ]);
});

test("an image's document lists Node, npm packages and Debian packages under names that scanners know", () => {
  expect(whole().components?.map(({ purl }) => purl)).toEqual([
    "pkg:generic/node@24.21.0",
    "pkg:npm/ws@8.18.0",
    "pkg:npm/pino@10.4.0",
    "pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u1?arch=amd64&distro=debian-13",
    "pkg:deb/debian/tzdata@2%3A2026a-0?arch=all&distro=debian-13",
  ]);
});

test("dependencies refer only to components of the document", () => {
  const { components = [], dependencies = [] } = whole();
  const known = new Set([IMAGE_ID, ...components.map((component) => component["bom-ref"])]);
  const named = dependencies.flatMap(({ ref, dependsOn = [] }) => [ref, ...dependsOn]);
  expect(named.filter((ref) => !known.has(ref))).toEqual([]);
});

test("the document is valid CycloneDX 1.5", async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5);
  expect(await validator.validate(JSON.stringify(whole()))).toBeNull();
  expect(await validator.validate(JSON.stringify({ ...whole(), version: "one" }))).not.toBeNull();
});
