// Reads SARIF, workflow commands and GitLab reports with readers from npm.
// usage: node formats.mjs SCRATCH-FOLDER (made by `formats`)
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const scratch = process.argv[2]
const modules = join(scratch, 'node_modules')
const require = createRequire(join(modules, 'x.js'))

function expect(condition, ...words) {
  if (!condition) {
    console.error('formats:', ...words)
    process.exit(1)
  }
}

// The official schema of SARIF, and the validator that @microsoft/jest-sarif uses with it.
const jestSarif = join(modules, '@microsoft/jest-sarif')
const requireThere = createRequire(join(jestSarif, 'package.json'))
const Ajv = requireThere('ajv')
const schema = JSON.parse(readFileSync(join(jestSarif, 'lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'))
const ajv = new Ajv({ schemaId: 'auto', allErrors: true, unknownFormats: 'ignore' })
ajv.addMetaSchema(requireThere('ajv/lib/refs/json-schema-draft-04.json'))
const isSarif = ajv.compile(schema)

// What actions write themselves when they annotate, and a reader of what they wrote.
const core = await import(pathToFileURL(join(modules, '@actions/core/lib/core.js')).href)
const { parseStdoutCommand } = require(
  join(modules, 'github-action-ts-run-api/dist/stdout/parseStdoutCommand.js'))

function written(command, message, properties) {
  let text = ''
  const write = process.stdout.write
  process.stdout.write = chunk => { text += chunk; return true }
  try { core[command](message, properties) } finally { process.stdout.write = write }
  return text.trimEnd()
}

const unescaped = text => text.replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%0D/g, '\r')
  .replace(/%0A/g, '\n').replace(/%25/g, '%')
const severities = { error: 'error', warning: 'warning', info: 'notice' }
// A terminal would act on these, so they are not written.
const harmless = text => text.replace(/[\p{Cc}\p{Cf}]/gu, '').replace(/\?/g, '')

function annotation(line, found) {
  const parsed = parseStdoutCommand(line)
  expect(parsed && parsed.command === severities[found.severity], 'no command:', line)
  const [, head, data] = /^::[a-z]+ ([^]*?)::([^]*)$/.exec(line)
  const told = Object.fromEntries(head.split(',').map(pair => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), unescaped(pair.slice(at + 1))]
  }))
  const message = data.replace(/%0D/g, '\r').replace(/%0A/g, '\n').replace(/%25/g, '%')
  expect(message.split('\n')[0] === found.message || harmless(message).startsWith(harmless(found.message).slice(0, 20)),
    message, 'does not tell', found.message)
  expect(harmless(told.file) === harmless(found.file), told.file, 'is not', found.file)
  expect(Number(told.line) === found.range.start.line, told, 'is not in line', found.range.start.line)
  expect(told.col === undefined || Number(told.col) === found.range.start.column, told, 'starts elsewhere')
  expect((told.col === undefined) === (told.line !== told.endLine), told, 'has columns where they mean nothing')
  const same = written(parsed.command, message, {
    title: told.title, file: told.file, startLine: told.line, endLine: told.endLine,
    startColumn: told.col, endColumn: told.endColumn,
  })
  expect(same === line, 'actions would write', same, 'and here is', line)
}

let annotations = 0
const issues = []
for (const name of readdirSync(join(scratch, 'runs')).sort()) {
  const text = format => readFileSync(join(scratch, 'runs', name, format), 'utf8')
  expect(isSarif(JSON.parse(text('sarif'))), name, JSON.stringify(isSarif.errors, null, 1))
  const found = JSON.parse(text('json')).diagnostics
  const lines = text('github').split('\n').slice(0, -1)
  const problems = lines.slice(found.length)
  expect(problems.every(line => /^::error title=wicketgate::/.test(line)), name, problems)
  expect(lines.length >= found.length, name, 'has', lines.length, 'annotations for', found.length)
  found.forEach((one, index) => annotation(lines[index], one))
  annotations += found.length
  issues.push(...JSON.parse(text('gitlab')))
}
expect(annotations > 500, 'only', annotations, 'annotations were seen')
const broken = { version: '2.1.0', runs: [{ tool: { driver: {} } }] }
expect(!isSarif(broken), 'the schema lets everything pass')

// The types of a Code Climate report, by the compiler.
const typed = join(scratch, 'issues.ts')
const declare = list => `import type { Issue } from 'codeclimate-types'\nexport const issues: Issue[] = ${JSON.stringify(list, null, 1)}\n`
const compile = list => {
  writeFileSync(typed, declare(list))
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '--noEmit', '--strict',
    '--skipLibCheck', '--typeRoots', join(scratch, 'none'), '--moduleResolution', 'node10', '--module', 'commonjs', typed], { stdio: 'pipe' })
}
// One of each kind is enough for the compiler.
const kinds = new Map(issues.map(issue => [`${issue.check_name} ${issue.severity} ${issue.categories}`, issue]))
expect(kinds.size > 20, 'only', kinds.size, 'kinds of issues were seen')
try {
  compile([...kinds.values()])
} catch (error) {
  expect(false, String(error.stdout))
}
let refused = false
try { compile([{ ...issues[0], severity: 'loud' }]) } catch { refused = true }
expect(refused, 'the compiler lets everything pass')
console.log(`formats: ${annotations} annotations, ${kinds.size} kinds of issues`)
