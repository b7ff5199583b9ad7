import PellucidCohorts
import PellucidFaults
import PellucidFiles
import PellucidResults
import PellucidTables
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a long run over many scans says on the way: a bar, a line a scan in a log, events for programs.
final class CohortTelling: Sendable {
  private let bar: ProgressBar?
  private let count: Int
  private let log: String?
  private let events: String?
  private let done = Mutex(0)

  init(_ count: Int, _ manner: CohortManner) {
    self.count = count
    bar = manner.quiet ? nil : ProgressBar("scans")
    (log, events) = (manner.log, manner.events)
  }

  /// Tells of begin and end around a run.
  func whole<Result>(_ body: () throws(PellucidError) -> Result) throws(PellucidError) -> Result {
    defer { bar?.finish() }
    // A file that cannot be written is told before the work begins.
    if let log { try Folder.append("", to: log) }
    if let events { try Folder.append(Self.event("begin", [.init("scans", .integer(count))]), to: events) }
    let result = try body()
    if let events { try Folder.append(Self.event("end", [.init("scans", .integer(done.withLock { $0 }))]), to: events) }
    return result
  }

  /// A scan is done; called on any thread.
  func finished(_ outcome: CohortStudy.Outcome) {
    let now = done.withLock { done in
      done += 1
      return done
    }
    bar?.advanced(to: now, of: max(now, count))
    let state = outcome.fault != nil ? "fault" : outcome.isNew ? "explained" : "there"
    let seconds = FixedPoint.text(outcome.seconds, digits: 2)
    if let log {
      let line = [Self.time(), outcome.name, state, "\(seconds) s", outcome.fault ?? ""].joined(separator: "\t")
      try? Folder.append(line + "\n", to: log)
    }
    if let events {
      var members: [JSONValue.Member] = [
        .init("scan", .string(outcome.name)), .init("state", .string(state)),
        .init("seconds", .number(outcome.seconds)),
        .init("done", .integer(now)), .init("of", .integer(count)),
      ]
      if let fault = outcome.fault { members.append(.init("reason", .string(fault))) }
      try? Folder.append(Self.event("scan", members), to: events)
    }
  }

  private static func event(_ name: String, _ members: [JSONValue.Member]) -> String {
    JSONValue.object([.init("event", .string(name)), .init("time", .string(time()))] + members).text() + "\n"
  }

  /// Now, as `2026-11-28T01:02:03Z`.
  private static func time() -> String { Date.now.formatted(.iso8601) }
}
