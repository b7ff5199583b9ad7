internal import PellucidFaults

extension PellucidError {
  static func viewRadius(_ radius: Double) -> Self {
    .init(.usage, what: "a radius of \(radius) mm is no sphere", remedy: "give one above 0 and up to 1000")
  }

  static func viewMethods(_ count: Int) -> Self {
    .init(.usage, what: "\(count) methods are named", remedy: "ask one at a time")
  }

  static func viewWithoutModel() -> Self {
    .init(.usage, what: "the viewer has no network to ask", remedy: "start it with `model`")
  }

  static func viewBusy(_ method: String) -> Self {
    .init(.usage, what: "\(method) is being computed", remedy: "wait for its end, or cancel it")
  }

  static func viewQuestion() -> Self { .init(.usage, what: "the question cannot be read") }

  static func viewPort(_ port: UInt16, cause: any Error) -> Self {
    .init(
      .usage, what: "port \(port) of 127.0.0.1 cannot be listened on", why: "another program may be using it",
      remedy: "give another `port`, or leave it out", cause: cause)
  }
}
