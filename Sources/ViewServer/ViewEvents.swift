internal import FlyingFox
internal import PellucidResults
internal import Synchronization

/// What every open page is told: how the computation goes on.
final class ViewEvents: WSMessageHandler {
  private struct State {
    var listeners: [Int: AsyncStream<WSMessage>.Continuation] = [:]
    var next = 0
    var last: JSON = ["state": "idle"]
  }

  private let state = Mutex(State())

  /// Tells all pages; a page that is opened later hears the last word, without `isNew`.
  func tell(_ event: JSON) {
    state.withLock { state in
      state.last = event
      var news = event
      news["isNew"] = true
      for listener in state.listeners.values { listener.yield(.text(news.text())) }
    }
  }

  func makeMessages(for client: AsyncStream<WSMessage>) async throws -> AsyncStream<WSMessage> {
    let (messages, continuation) = AsyncStream.makeStream(of: WSMessage.self, bufferingPolicy: .bufferingNewest(16))
    let number = state.withLock { state in
      state.next += 1
      state.listeners[state.next] = continuation
      continuation.yield(.text(state.last.text()))
      return state.next
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { state in _ = state.listeners.removeValue(forKey: number) }
    }
    // A page that closes ends its stream of messages.
    Task {
      for await _ in client {}
      continuation.finish()
    }
    return messages
  }

  /// Ends all streams.
  func finish() {
    let listeners = state.withLock { Array($0.listeners.values) }
    for listener in listeners { listener.finish() }
  }
}
