/** Ends the process with one clear line on a Node that cannot run this project. Imported before everything else. */
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(
    `This project needs Node 24, but runs on ${process.version}. Use the npm scripts after a plain \`npm ci\` ` +
      '(they bring their own Node, unless install scripts are switched off), or install Node 24.\n',
  )
  process.exit(1)
}
