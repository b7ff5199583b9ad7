import ArgumentParser
import PellucidFaults
import PellucidNetworks
import Synchronization

/// How many scans are worked on at once.
struct JobsOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Scans worked on at once, each with its share of threads and memory.",
      valueName: "n"))
  var jobs = 1

  func validate() throws {
    if !(1...1024).contains(jobs) { throw ValidationError("--jobs \(jobs) is not between 1 and 1024") }
  }

  /// Runs `work` for each place, `jobs` at a time, and what it returns in the order of the places, as soon as those before are there.
  /// - Throws: what the first that failed threw; of those that were done all is told.
  func run<Told: Sendable>(
    _ count: Int, _ work: @Sendable (Int) throws(PellucidError) -> Told,
    tell: @Sendable (Told) throws(PellucidError) -> Void
  ) throws(PellucidError) {
    let jobs = min(jobs, count)
    let waiting = Mutex((next: 0, told: [Int: Told]()))
    // One after the other, whoever has just come to an end.
    @Sendable func tellAll(also place: Int, _ told: Told) throws(PellucidError) {
      try waiting.withLock { state throws(PellucidError) in
        state.told[place] = told
        while let next = state.told.removeValue(forKey: state.next) {
          state.next += 1
          try tell(next)
        }
      }
    }
    if jobs > 1 { Engine.memoryLimit /= jobs }
    do throws(PellucidError) {
      if jobs > 1 {
        try Workers.run(count, asJobs: jobs) { (place) throws(PellucidError) in
          try tellAll(also: place, try work(place))
        }
      } else {
        for place in 0..<count { try tell(try work(place)) }
      }
    } catch {
      let rest = waiting.withLock { $0.told.sorted { $0.key < $1.key } }
      for (_, told) in rest { try? tell(told) }
      throw error
    }
  }
}
