// What has been made for a key and may be wanted again: the most recently used, and never more than so many.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace pellucid {
/// May be used from several threads. What is dropped lives on as long as somebody holds it.
template <typename Value>
class Recent {
 public:
  /// The owner's number, then what the value is for.
  using Key = std::vector<int64_t>;

  explicit Recent(size_t most) : most(most) {}

  std::shared_ptr<Value> find(const Key &key) {
    std::lock_guard<std::mutex> guard(lock);
    const auto found = places.find(key);
    if (found == places.end()) return nullptr;
    order.splice(order.begin(), order, found->second);
    return found->second->second;
  }

  void keep(const Key &key, std::shared_ptr<Value> value) {
    // Freed after the lock.
    std::shared_ptr<Value> dropped;
    std::lock_guard<std::mutex> guard(lock);
    if (places.count(key) > 0) return;
    order.emplace_front(key, std::move(value));
    places.emplace(key, order.begin());
    if (order.size() <= most) return;
    dropped = std::move(order.back().second);
    places.erase(order.back().first);
    order.pop_back();
  }

  /// Drops all that an owner has.
  void forget(int64_t owner) {
    std::list<Entry> dropped;
    std::lock_guard<std::mutex> guard(lock);
    auto place = places.lower_bound(Key{owner});
    while (place != places.end() && place->first.front() == owner) {
      dropped.splice(dropped.begin(), order, place->second);
      place = places.erase(place);
    }
  }

  size_t count() {
    std::lock_guard<std::mutex> guard(lock);
    return order.size();
  }

  const size_t most;

 private:
  using Entry = std::pair<Key, std::shared_ptr<Value>>;
  std::mutex lock;
  std::list<Entry> order;
  std::map<Key, typename std::list<Entry>::iterator> places;
};
}  // namespace pellucid
