import { expect, it } from "vitest";
import { formatProblem } from "../../components/core/problems";
import { cases } from "./bad-input-cases";

it("every mistake is refused with its exact message (bad-input.txt)", async () => {
  const sections: string[] = [];
  for (const { title, problems } of cases) {
    const found = await problems();
    expect(found, title).not.toEqual([]);
    sections.push(`# ${title}\n${found.map(formatProblem).join("\n")}\n`);
  }
  expect(new Set(cases.map((c) => c.title)).size).toBe(cases.length);
  await expect(sections.join("\n")).toMatchFileSnapshot("bad-input.txt");
}, 60_000);
