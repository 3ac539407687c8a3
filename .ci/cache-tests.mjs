// Counts the results of the suite by kind and compares them with the floor.
//   node cache-tests.mjs SUITE RESULTS FLOOR
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [suite, results, floor] = process.argv.slice(2)
const load = async name => (await import(pathToFileURL(resolve(suite, 'tests', name)))).default
const groups = [...await load('index.mjs'), await load('surrogate-control.mjs')]
const outcome = JSON.parse(readFileSync(results, 'utf8'))

const counts = { required: [0, 0], optimal: [0, 0], check: [0, 0] }
const failed = []
for (const test of groups.flatMap(group => group.tests)) {
  if (test.browser_only) continue
  const kind = test.kind ?? 'required'
  counts[kind][1]++
  if (outcome[test.id] === true) {
    counts[kind][0]++
  } else {
    failed.push(`${kind} ${test.id}: ${outcome[test.id]?.[1] ?? 'not run'}`)
  }
}

// A line of the floor is "kind number"; what follows # is a remark.
const least = Object.fromEntries(readFileSync(floor, 'utf8').split('\n')
  .map(line => line.replace(/#.*/, '').trim()).filter(Boolean).map(line => line.split(/\s+/)))

console.log(failed.join('\n'))
let below = false
for (const [kind, [passed, all]] of Object.entries(counts)) {
  const want = Number(least[kind])
  console.log(`${kind}: ${passed} passed, ${all - passed} failed, of ${all} (floor ${want})`)
  below ||= !(passed >= want)
}
process.exit(below ? 1 : 0)
