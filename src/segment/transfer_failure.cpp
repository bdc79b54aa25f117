#include "segment/transfer_failure.hpp"

#include <cctype>
#include <curl/curl.h>
#include <system_error>

namespace waltrack {
namespace {

// Reads on after a colon, so it begins in lower case, unless with a name such as "SSL".
std::string in_sentence(std::string text) {
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

std::string cause(const TransferFailure& failure) {
  if (failure.os_error != 0) {
    return in_sentence(std::generic_category().message(failure.os_error));
  }
  if (!failure.detail.empty()) return in_sentence(std::string(failure.detail));
  return in_sentence(curl_easy_strerror(static_cast<CURLcode>(failure.code)));
}

std::string library_words(const TransferFailure& failure) {
  TransferFailure without_errno = failure;
  without_errno.os_error = 0;
  return cause(without_errno);
}

}  // namespace

std::string describe(const TransferFailure& failure, std::string_view host_and_port) {
  const std::string peer(host_and_port);
  switch (failure.code) {
    case CURLE_COULDNT_CONNECT: {
      // With a proxy it is the proxy that could not be reached, and only libcurl's text names it.
      const std::string_view host = host_and_port.substr(0, host_and_port.rfind(':'));
      if (!failure.detail.empty() && failure.detail.find(host) == std::string_view::npos) {
        return "could not connect to " + peer + ": " + library_words(failure);
      }
      return "could not connect to " + peer + ": " + cause(failure);
    }
    case CURLE_COULDNT_RESOLVE_HOST:
      return "could not find the address of " + peer + ": " + library_words(failure);
    case CURLE_OPERATION_TIMEDOUT:
      if (!failure.request_sent) return "connecting to " + peer + " took too long";
      return peer + " did not answer in time: " + library_words(failure);
    case CURLE_PEER_FAILED_VERIFICATION:
      return "the certificate of " + peer + " is not to be trusted: " + library_words(failure);
    case CURLE_SSL_CONNECT_ERROR:
      return "could not agree on TLS with " + peer + ": " + library_words(failure);
    case CURLE_GOT_NOTHING:
      return peer + " closed the connection without an answer";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return "the connection to " + peer + " broke: " + cause(failure);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return peer + " does not answer in HTTP: " + library_words(failure);
    default:
      return "sending to " + peer + " failed: " + library_words(failure);
  }
}

std::string_view failure_word(int code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "dns";
    case CURLE_COULDNT_CONNECT:
      return "connect";
    case CURLE_OPERATION_TIMEDOUT:
      return "timeout";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
      return "tls";
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return "broken";
    default:
      return "other";
  }
}

}  // namespace waltrack
