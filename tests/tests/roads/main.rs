//! Road travel times: the road file through the binary, and what comes out of it beside OSRM on the same map.

mod accuracy;
mod files;
