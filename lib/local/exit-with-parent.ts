// Preloaded into the functions' process, whose standard input is a pipe from the local stack: when that one is killed, this ends too.
import { isMainThread } from 'node:worker_threads'

if (isMainThread) process.stdin.on('end', () => process.exit(1)).resume()
