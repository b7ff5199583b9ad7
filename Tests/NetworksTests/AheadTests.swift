import PellucidFaults
import PellucidNetworks
import Synchronization
import Testing

@Suite("Work beside the caller", .serialized) struct AheadTests {
  private final class Counter: Sendable { let count = Mutex(0) }

  @Test(arguments: [1, 3]) func `gives the same value whenever it is asked for, made once`(threads: Int) throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    Engine.threads = threads
    let counter = Counter()
    let sums = (0..<50).map { number in
      Ahead { () throws(PellucidError) -> Int in
        counter.count.withLock { $0 += 1 }
        return (0...number).reduce(0, +)
      }
    }
    for (number, sum) in sums.enumerated().reversed() {
      #expect(try sum.value() == number * (number + 1) / 2)
      #expect(try sum.value() == number * (number + 1) / 2)
    }
    #expect(counter.count.withLock { $0 } == 50)
  }

  @Test(arguments: [1, 3]) func `throws what the work threw, to who asks`(threads: Int) throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    Engine.threads = threads
    let failing = Ahead { () throws(PellucidError) -> Int in
      throw PellucidError(.badData, at: .init(file: "a.nii"), what: "it is empty", remedy: "copy it again")
    }
    #expect(throws: PellucidError.self) { try failing.value() }
  }

  @Test func `has ended when nobody holds it any more`() {
    let before = Engine.threads
    defer { Engine.threads = before }
    Engine.threads = 3
    let counter = Counter()
    for _ in 0..<20 {
      let dropped = Ahead { () throws(PellucidError) in counter.count.withLock { $0 += 1 } }
      _ = consume dropped
    }
    #expect(counter.count.withLock { $0 } == 20)
  }
}
