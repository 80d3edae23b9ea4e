// Loaded before the SDK: on older versions every error that a Pulumi program throws takes half a minute to be printed.
const major = Number(process.versions.node.split(".")[0]);
if (major < 22) {
  console.error(
    `Node.js ${process.versions.node} is too old for this program: it needs 22 or newer. ` +
      'Run "npm start" or "npm run preview", which bring their own, or put a newer node first on PATH.',
  );
  process.exit(1);
}
