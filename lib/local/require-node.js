// Run before each script. Plain JavaScript, since an older Node does not get as far as the first line of a TypeScript file.
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(
    `This project needs Node 24, but runs on ${process.version}. Use the npm scripts after a plain \`npm ci\` (it brings ` +
      'Node 24 along, unless install scripts are switched off), or install Node 24.',
  )
  process.exit(1)
}
