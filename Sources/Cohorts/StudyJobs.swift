internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidVolumes
internal import Synchronization

/// How many scans a study works on at once; what comes of them depends on it no more than on the number of threads.
public struct StudyJobs: Sendable {
  /// How many.
  public let count: Int
  private let done: @Sendable (_ done: Int, _ of: Int) -> Void

  /// - Parameters:
  ///   - count: at least 1; each scan then has its share of threads and memory.
  ///   - done: told after each scan, on any thread, how many are done.
  public init(_ count: Int = 1, done: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }) {
    precondition(count > 0, "somebody must do the work")
    (self.count, self.done) = (count, done)
  }

  /// What `work` makes of each place, in the places' order.
  /// - Throws: what the first place that failed threw.
  func run<Made: Sendable>(
    _ places: Range<Int>, _ work: @Sendable (_ place: Int) throws(PellucidError) -> Made
  ) throws(PellucidError) -> [Made] {
    let jobs = min(count, places.count)
    let made = Mutex<[Int: Made]>([:])
    @Sendable func run(_ place: Int) throws(PellucidError) {
      let own = try work(place)
      let finished = made.withLock { made in
        made[place] = own
        return made.count
      }
      done(finished, places.count)
    }
    if jobs > 1 {
      let limit = Engine.memoryLimit
      Engine.memoryLimit = limit / jobs
      defer { Engine.memoryLimit = limit }
      try Workers.run(places.count, asJobs: jobs) { (number) throws(PellucidError) in
        try run(places.lowerBound + number)
      }
    } else {
      for place in places { try run(place) }
    }
    return made.withLock { made in places.compactMap { made[$0] } }
  }
}

extension [ScanReference] {
  /// What `work` makes of each scan, in their order; all are read and found good before the first is worked on.
  func run<Made: Sendable>(
    _ jobs: StudyJobs, for explainer: Explainer,
    _ work: @Sendable (_ place: Int, _ scan: Scan) throws(PellucidError) -> Made
  ) throws(PellucidError) -> [Made] {
    let shelf = Mutex(try ScanShelf(self, for: explainer, jobs: jobs.count))
    return try jobs.run(indices) { (place) throws(PellucidError) in
      try work(place, try shelf.withLock { (shelf) throws(PellucidError) in try shelf.take(place) })
    }
  }
}
