/** Writes one document per image: node scripts/lib/sbom.ts <folder> */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bom, cycloneDx } from "./cycloneDx.ts";
import { debianPackages } from "./debianPackages.ts";
import { dpkgStatus, IMAGES, referenceOf, run } from "./images.ts";

const [folder = "sbom"] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
for (const { name, workspace, runsNode } of IMAGES) {
  const reference = referenceOf(name);
  const imageId = (await run("docker", "image", "inspect", "--format", "{{.Id}}", reference)).trim();
  const debian = debianPackages(await dpkgStatus(reference));
  const document = cycloneDx(
    {
      ...{ name, imageId, debian },
      ...(workspace !== undefined && { npm: await npmPackages(workspace) }),
      ...(runsNode && { node: await nodeVersion(reference) }),
    },
    new Date(),
  );
  const file = join(folder, `${name}.cdx.json`);
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(
    `${file}: ${document.components?.length} components, ${debian.length} of them Debian packages\n`,
  );
}

/** From the lock file, which the image was installed from. */
async function npmPackages(workspace: string): Promise<Bom> {
  const options = ["--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only", "--workspace", workspace];
  return JSON.parse(await run("npm", "sbom", ...options)) as Bom;
}

async function nodeVersion(reference: string): Promise<string> {
  const command = ["run", "--rm", "--network", "none", "--entrypoint", "node", reference, "--version"];
  return (await run("docker", ...command)).trim().replace(/^v/, "");
}
