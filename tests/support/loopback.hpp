#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>

namespace waltrack {

// A port of 127.0.0.1, as bind() and connect() take it; 0: any that is free.
inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace waltrack
